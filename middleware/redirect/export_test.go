package redirect

// CheckTarget is for the fuzzing of what passes it.
var CheckTarget = checkTarget
