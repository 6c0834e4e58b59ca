package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"math"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

func (p *parser) health(prop *directive.Line) {
	if prop.Name() == "health_check" {
		args := prop.Args(1, 2)
		p.checked = true
		p.check.URI = args[0].Text
		if args[0].Text != "" && args[0].Text[0] != '/' {
			prop.Errorf(args[0], "%q is not a path: it has to begin with a slash", args[0].Text)
		}
		if len(args) > 1 {
			p.up.Active.Interval = prop.Interval(args[1])
		}
		return
	}
	if p.checkOf.Text == "" {
		p.checkOf = prop.Words[0]
	}
	if prop.Name() == "health_check_status" {
		p.check.Status = statuses(prop, 200, 599)
		return
	}
	arg := prop.Arg()
	switch prop.Name() {
	case "health_check_interval":
		p.up.Active.Interval = prop.Interval(arg)
	case "health_check_timeout":
		p.up.Active.Timeout = prop.Interval(arg)
	case "health_check_port":
		p.check.Port = prop.Int(arg, 1, math.MaxUint16)
	case "health_check_contains":
		p.check.Body = regexp.MustCompile(regexp.QuoteMeta(arg.Text))
	case "health_check_host":
		p.check.Host = arg.Text
	case "health_check_rise":
		p.up.Active.Rise = prop.Int(arg, 1, 1000)
	case "health_check_fall":
		p.up.Active.Fall = prop.Int(arg, 1, 1000)
	}
}

func (p *parser) finishHealth() {
	switch {
	case p.checked:
		p.check.TLS = p.transport.TLS
		p.up.Active.Checker = p.check
	case p.checkOf.Text != "":
		p.line.Errorf(p.checkOf, "there is no health_check that this could be for")
	}
}

func compile(text string) *placeholder.Template {
	return placeholder.Compile(text, placeholder.Header)
}

// headerOp returns the operation of a line, if it is one.
func (p *parser) headerOp(prop *directive.Line) []HeaderOp {
	args := prop.Args(1, 3)
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
		prop.Args(2, 3)
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

// reach reads what says how to connect.
func (p *parser) reach(prop *directive.Line) {
	t := &p.transport
	secure := func() *tls.Config {
		if t.TLS == nil {
			t.TLS = new(tls.Config)
		}
		return t.TLS
	}
	switch prop.Name() {
	case "keepalive":
		if t.MaxIdle = prop.Int(prop.Arg(), 0, 1<<20); t.MaxIdle == 0 {
			t.MaxIdle = -1
		}
	case "keepalive_timeout":
		t.IdleTimeout = prop.Interval(prop.Arg())
	case "timeout":
		t.DialTimeout = prop.Interval(prop.Arg())
	case "tls_timeout":
		t.TLSTimeout = prop.Interval(prop.Arg())
	case "header_timeout":
		t.HeaderTimeout = prop.Limit(prop.Arg())
	case "read_timeout":
		t.BodyTimeout = prop.Limit(prop.Arg())
	case "write_timeout":
		t.WriteTimeout = prop.Limit(prop.Arg())
	case "tls_server_name":
		secure().ServerName = prop.Arg().Text
	case "fallback_delay":
		t.Dial = (&net.Dialer{FallbackDelay: prop.Interval(prop.Arg())}).DialContext
	case "insecure_skip_verify":
		prop.Args(0, 0)
		secure().InsecureSkipVerify = true
	case "ca_certificates":
		if secure().RootCAs == nil {
			t.TLS.RootCAs = x509.NewCertPool()
		}
		for _, arg := range prop.Args(1, directive.Any) {
			p.c.Site().DependsOn(arg.Text)
			text, err := directive.ReadFile(arg.Text, directive.MaxPEM)
			if err != nil {
				prop.Errorf(arg, "%w", err)
			} else if !t.TLS.RootCAs.AppendCertsFromPEM(text) {
				prop.Errorf(arg, "there is no certificate in %s", arg.Text)
			}
		}
	case "tls_client":
		args := prop.Args(2, 2)
		for _, arg := range args {
			p.c.Site().DependsOn(arg.Text)
		}
		cert, err := directive.ReadKeyPair(args[0].Text, args[1].Text)
		if err != nil {
			prop.Errorf(args[0], "%w", err)
		}
		p.c.Site().Hide(args[1].Text)
		secure().Certificates = []tls.Certificate{cert}
	}
}
