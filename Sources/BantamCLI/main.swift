import Bantam
print(Workers.processors)
