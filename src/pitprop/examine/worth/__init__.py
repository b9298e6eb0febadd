"""Does the number tell anything about success, and is that worth what it costs?"""
