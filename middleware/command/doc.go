// Package command runs the programs that a configuration names: without a shell,
// in a group of processes that ends as a whole, and with what they say in the log.
//
//	build := command.Command{Args: []string{"hugo", "--minify"}, Dir: "/srv/site", Log: slog.Default()}
//	if err := build.Run(ctx); err != nil {
//		return err // hugo: exit status 1 (Error: no such theme)
//	}
//
// A program that has to end, since its context is done, is asked to by SIGTERM,
// it and what it has started, and 300 ms later killed. On Windows, which has no
// such signal, its tree of processes is killed at once.
//
// In a Caddyfile, provided that its site may run commands
// ([directive.Site.AllowExec]):
//
//	startup  COMMAND [ARG...] [&]
//	shutdown COMMAND [ARG...] [&]
//	on       startup|shutdown|certrenew COMMAND [ARG...] [&]
//
// A startup command runs before the site takes requests, and a shutdown command
// after its last, once those of on have; those of a directive run in the order of
// their lines. If a startup command fails the server does not start: what has begun
// ends, and sites that were ready shut down. A line with & at its end is not waited
// for: what startup has begun so is ended together with the site, and what shutdown
// has begun outlives it. Any other command may take a minute, or what a block says:
//
//	startup make assets {
//		timeout 5m
//	}
//
// Commands of a line that is still there after a reload do not run again: startup
// is for the server's start, as in Caddy 1. A certrenew command runs whenever a
// certificate of the site was renewed, which it may do without a lock on anything;
// what fails there is logged.
//
// The words of a line are the program and its arguments. If there is only one, and
// it has blanks, it is split as a shell would, which is how Caddy 0.7.1 has it, by
// package mattn/go-shellwords. Pipes and redirections are refused, not passed to a
// shell, and $NAME is no variable but a word like others. The standard input is
// empty; output is logged.
package command
