"""How often each check is wrong: size on honest data, power on gamed data, whole registers, other tools beside it."""
