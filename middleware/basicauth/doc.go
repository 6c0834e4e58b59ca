// Package basicauth lets in only those who know a name and a password, by the Basic
// scheme of RFC 7617.
//
//	secret, err := basicauth.Parse("$2y$12$…") // as htpasswd -B prints it
//	auth := basicauth.New(basicauth.Config{Rules: []basicauth.Rule{{User: "ada", Secret: secret}}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, auth))
//
// A request that falls under the paths of several rules gets in by any of them; one
// that falls under none needs no password. What counts is the path that the client
// asked for as well as the one that a layer further out has put in its place, see
// [middleware.Path.ProtectsAny]. Everybody else is answered with 401, whatever the method: browsers
// leave the password out of the OPTIONS request by which CORS asks first, so what
// answers that has to stand further out. The name of who got in is noted as
// [middleware.NoteUser], for the log and for REMOTE_USER. The field Authorization goes
// on to handlers further in, and to the servers behind them, as in nginx and Caddy 1.
//
// # What an attempt costs
//
// Whoever tries a password has one hash worked out, whether or not there is a user of
// that name, for the time an answer takes must not tell. Where hashes cost unequally,
// as of bcrypt with costs 10 and 12, or where a user has several, all are made to
// cost the same: as many of each cost are worked out as any one user has of it. Have
// them alike.
//
// A password that was right is remembered, by a keyed hash, and not worked out again
// for some minutes or until it is no longer right. Attempts with the same name and
// password at the same time have it worked out once. At most so many hashes as a
// [Gate] lets through are worked out at a time; attempts for which there is no room
// are answered with 503 after some seconds. Those whose password is remembered never
// wait. Credentials of more than 4096 bytes, as sent, are not looked at, nor are those
// of a request with several fields Authorization.
//
// # Passwords
//
// A [Secret] is a hash by bcrypt or argon2id, or a password in clear. A [File] holds
// those of many users as htpasswd of Apache writes them, and is read again within a
// second of a change; as long as it cannot be read, what it last said holds, which is
// logged. Of the formats that htpasswd knows only bcrypt is taken (htpasswd -B), and
// argon2id besides: apr1, SHA, crypt and clear text are errors, since who can read
// such a file has the passwords soon.
//
// In a Caddyfile, of which a site may have several:
//
//	basicauth [path] user password {
//		realm name
//		path
//	}
//	basicauth [path] user htpasswd=file
//	basicauth [path] htpasswd=file
//
// Without a path it is all of the site. A password that begins like a hash of a kind
// that [Parse] knows is one. The user must be in the file, and without a user
// everybody in it gets in; its name is relative to the site's root, and no layer
// serves it. The realm, which browsers may show, is Restricted unless given. All sites
// share one Gate.
package basicauth
