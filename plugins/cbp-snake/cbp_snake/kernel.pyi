snake: object
