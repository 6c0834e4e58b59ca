package standard

import "github.com/shallot-http/shallot/middleware/certificates"

// secured is the directive of package certificates.
var secured = certificates.Directive
