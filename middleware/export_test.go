package middleware

// PackageOf is what a tracer would call h.
var PackageOf = packageOf
