// Package fastcgi has applications answer that speak FastCGI, such as PHP's FPM.
//
// A [Client] is what talks to them. It knows of CGI (RFC 3875) and FastCGI, and
// nothing of HTTP but what a response is.
package fastcgi
