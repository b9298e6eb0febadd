"""Is it said what the number is for, who owns it, what must not suffer, when it ends?"""
