package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// Answers is a handler with something to ask about: it parses what it was sent, has
// another site checked by a goroutine that answers over a channel, and formats.
type answers struct {
	site string
	log  *slog.Logger
}

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, year, err := parse(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.log.Debug("parsed", "name", name, "year", year)
	status := make(chan int)
	go check(a.site, status)
	fmt.Fprintln(w, prepareAnswer(name, year, <-status))
}

//go:noinline
func parse(r *http.Request) (name string, year int, err error) {
	name = r.FormValue("name")
	year, err = strconv.Atoi(r.FormValue("year"))
	if err != nil || year < 1 || year > 2100 {
		return "", 0, fmt.Errorf("year: %q is not one from 1 to 2100", r.FormValue("year"))
	}
	return name, year, nil
}

// check sends the status that a site answers with, and 0 if it does not.
func check(site string, status chan<- int) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second} // so that its name is looked up each time
	resp, err := client.Get(site)
	if err != nil {
		status <- 0
		return
	}
	resp.Body.Close()
	status <- resp.StatusCode
}

// prepareAnswer takes the longer the more days there are to count.
//
//go:noinline
func prepareAnswer(name string, year, status int) string {
	days := 0
	for at, now := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Now(); at.Before(now); at = at.AddDate(0, 0, 1) {
		days++
	}
	return fmt.Sprintf("Hello, %s! %d began %d days ago, and the other site says %d.", name, year, days, status)
}
