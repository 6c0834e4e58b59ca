// Deploy is a site that is built anew of each push to it, with a page to go back.
//
//	go run ./examples/deploy [-addr localhost:2015] [-dir deploy]
//
// It makes a repository in the folder, which can be pushed to by who can reach it,
// and serves it by git's own http-backend. Change the site, and push:
//
//	git clone http://localhost:2015/site.git && cd site
//	echo 'Hello from a push.' > page.txt && git commit -am 'Say hello' && git push
//
// See http://localhost:2015, and http://localhost:2015/releases to go back.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

func main() {
	addr := flag.String("addr", "localhost:2015", "where to listen")
	dir := flag.String("dir", "deploy", "the folder of the repository and the releases")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	bare := filepath.Join(dir, "site.git")
	backend, err := seed(ctx, bare)
	if err != nil {
		return err
	}
	repo, err := git.Open(git.RepoConfig{
		URL:   bare,
		State: filepath.Join(dir, "state"),
		Then:  []git.Command{{Args: []string{"sh", "build.sh"}, Timeout: time.Minute}},
		Root:  "public",
	})
	if err != nil {
		return err
	}
	service := git.NewService(repo, git.ServiceConfig{})
	if err := service.Start(ctx); err != nil {
		return err
	}
	defer service.Close()

	mux := http.NewServeMux()
	mux.Handle("/", middleware.Wrap(http.NotFoundHandler(), git.New(git.Config{Service: service}), static.New(static.Config{})))
	mux.Handle("/site.git/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&cgi.Handler{Path: backend, Root: "/", Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}}).ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/git-receive-pack") {
			service.Trigger() // where somebody else has the repository, a webhook says so
		}
	}))
	mux.HandleFunc("GET /releases", func(w http.ResponseWriter, _ *http.Request) { show(w, service) })
	mux.HandleFunc("POST /releases", func(w http.ResponseWriter, r *http.Request) {
		if err := repo.Rollback(r.Context(), r.FormValue("hash")); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		http.Redirect(w, r, "/releases", http.StatusSeeOther)
	})
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	// No page of another site may have a browser go back.
	server := &http.Server{Handler: http.NewCrossOriginProtection().Handler(mux), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	fmt.Printf("The site is at http://%s and takes pushes at http://%[1]s/site.git\n", l.Addr())
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

//go:embed releases.html
var page string

var releases = template.Must(template.New("releases").Parse(page))

// show answers with the releases there are, and how the service is doing.
func show(w http.ResponseWriter, service *git.Service) {
	all, err := service.Repo().Releases()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = releases.Execute(w, struct {
		Releases []git.Release
		Status   git.Status
	}{all, service.Status()}) // or the client has left
}
