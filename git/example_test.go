package git_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
)

// A site that is built from each commit, and told of pushes by GitHub.
func Example() {
	repo, err := git.Open(git.RepoConfig{
		URL:   "https://github.com/user/site",
		State: "/var/lib/site",
		Ref:   "main",
		Then:  []git.Command{{Args: []string{"hugo", "--minify"}, Timeout: time.Minute}},
		Root:  "public",
	})
	if err != nil {
		log.Fatal(err)
	}
	service := git.NewService(repo, git.ServiceConfig{Interval: 10 * time.Minute})
	if err := service.Start(context.Background()); err != nil {
		log.Fatal(err) // it could not be fetched or built
	}
	defer service.Close()

	site := git.New(git.Config{
		Service: service,
		Hooks:   []git.Hook{{Path: "/push", Provider: git.GitHub, Secret: []byte(os.Getenv("HOOK_SECRET"))}},
	})
	// In front of static.New(static.Config{}), or whatever else asks for middleware.RootOf.
	log.Fatal(http.ListenAndServe(":2015", middleware.Wrap(http.NotFoundHandler(), site)))
}

// In front of one Handler, and without a Service: what belongs to git does not
// exist, and all else is passed on.
func ExampleNewHandler() {
	files := middleware.FromHTTP(http.FileServer(http.Dir(".")))
	h := git.NewHandler(files, git.Config{})
	w := httptest.NewRecorder()
	middleware.AppHandler(h.ServeHTTP).ServeHTTP(w, httptest.NewRequest("GET", "/.git/config", nil))
	fmt.Print(w.Body)
	// Output: 404 Not Found
}
