package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

func compile(text string) *placeholder.Template {
	return placeholder.Compile(text, placeholder.Header)
}

// headerOp returns the operation of a line, if it is one.
func (p *parser) headerOp(prop *directive.Line) []HeaderOp {
	args := prop.Args(1, 3, "the name of a field")
	op, name := HeaderOp{}, args[0].Text
	switch name, action := strings.TrimLeft(name, "+-"), name[:min(1, len(name))]; action {
	case "+":
		op = HeaderOp{Do: AddField, Name: name}
	case "-":
		op = HeaderOp{Do: DeleteField, Name: name}
		if len(args) > 1 {
			prop.Errorf(args[1], "what is deleted has no value")
		}
	default:
		op.Name = name
	}
	bare := op.Name
	if op.Do == DeleteField {
		bare = strings.TrimSuffix(bare, "*")
	}
	switch name := http.CanonicalHeaderKey(op.Name); {
	case name == "" && name == args[0].Text:
		return nil // of which there is an error already
	case !isToken(bare) && op.Name != "*":
		prop.Errorf(args[0], "%q cannot be the name of a header", op.Name)
		return nil
	case name == "Upgrade" || name == "Connection":
		prop.Errorf(args[0], "%s is between two servers only; for WebSockets, say websocket", name)
		return nil
	case isFixed(name):
		prop.Errorf(args[0], "%s is not for anybody to change", name)
		return nil
	case op.Do == DeleteField:
		return []HeaderOp{op}
	case len(args) < 2:
		prop.Args(2, 3, "", "a value")
		return nil
	}
	op.Value = compile(args[len(args)-1].Text)
	if len(args) == 3 {
		if op.Do == AddField {
			prop.Errorf(args[2], "what is added cannot be replaced")
		}
		op.Do, op.Match = ReplaceInField, prop.Regexp(args[1])
	}
	for _, doubt := range op.Value.Lint(directive.Suggest) {
		prop.Warnf(args[len(args)-1], "%s", doubt)
	}
	return []HeaderOp{op}
}

func (p *parser) keepalive(prop *directive.Line) {
	if p.transport.MaxIdle = prop.Int(prop.Arg(), 0, 1<<20); p.transport.MaxIdle == 0 {
		p.transport.MaxIdle = -1
	}
}

func (p *parser) fallbackDelay(prop *directive.Line) {
	p.transport.Dial = (&net.Dialer{FallbackDelay: prop.Interval(prop.Arg())}).DialContext
}

// tls returns what TLS to backends is like, which something is said of.
func (p *parser) tls() *tls.Config {
	if p.transport.TLS == nil {
		p.transport.TLS = new(tls.Config)
	}
	return p.transport.TLS
}

func (p *parser) authorities(prop *directive.Line) {
	c := p.tls()
	if c.RootCAs == nil {
		c.RootCAs = x509.NewCertPool()
	}
	for _, arg := range prop.Args(1, directive.Any, "a file") {
		p.c.Site().DependsOn(arg.Text)
		text, err := directive.ReadFile(arg.Text, directive.MaxPEM)
		if err != nil {
			prop.Errorf(arg, "%w", err)
		} else if !c.RootCAs.AppendCertsFromPEM(text) {
			prop.Errorf(arg, "there is no certificate in %s", arg.Text)
		}
	}
}

func (p *parser) tlsClient(prop *directive.Line) {
	args := prop.Args(2, 2, "a certificate", "its key")
	for _, arg := range args {
		p.c.Site().DependsOn(arg.Text)
	}
	cert, err := directive.ReadKeyPair(args[0].Text, args[1].Text)
	if err != nil {
		prop.Errorf(args[0], "%w", err)
	}
	p.c.Site().Hide(args[1].Text)
	p.tls().Certificates = []tls.Certificate{cert}
}
