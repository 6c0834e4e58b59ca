package live

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// How long a level may be set for, and is unless it is said.
const (
	levelTime    = 15 * time.Minute
	maxLevelTime = 24 * time.Hour
)

// levels shows the levels of logs.
func (p *pages) levels(q url.Values) (any, error) {
	if err := noMore(q); err != nil {
		return nil, err
	}
	all := p.Recorder.Levels()
	if all == nil {
		all = []SiteLevel{}
	}
	return all, nil
}

// setLevel has sites logged at another level for a while.
func (p *pages) setLevel(w http.ResponseWriter, r *http.Request) (int, error) {
	c, err := parseChange(r.URL.Query())
	if err != nil {
		return complain(w, http.StatusBadRequest, err)
	}
	var known bool
	for _, l := range p.Recorder.Levels() {
		if c.site == "" || c.site == l.Site {
			known = p.Recorder.SetLevel(l.Site, c.level, c.time) || known
		}
	}
	if !known {
		return complain(w, http.StatusNotFound, fmt.Errorf("there is no log of a site %q to change", c.site))
	}
	view, _ := p.levels(nil)
	body, err := marshal(view, "\t")
	if err != nil {
		return http.StatusInternalServerError, err
	}
	return send(w, typeJSON, body)
}

// A change is what is asked of the levels.
type change struct {
	site  string // "" is all
	level slog.Level
	time  time.Duration // 0 is to take back an earlier change
}

func parseChange(q url.Values) (c change, err error) {
	c.time = levelTime
	for name, values := range q {
		value := values[0]
		switch {
		case len(values) > 1:
			err = fmt.Errorf("%s: given twice", name)
		case name == "site":
			c.site = value
		case name == "level" && value == "default":
		case name == "level":
			if c.level.UnmarshalText([]byte(value)) != nil || strings.ContainsAny(value, "+-") { // of which some would hide errors
				err = fmt.Errorf("level: %q is none of debug, info, warn, error and default", value)
			}
		case name == "for":
			c.time, err = time.ParseDuration(value)
			if err != nil || c.time <= 0 || c.time > maxLevelTime {
				err = fmt.Errorf("for: %q is not a time such as 60s, of at most 24h", value)
			}
		default:
			err = fmt.Errorf("%q is not known here", name)
		}
		if err != nil {
			return change{}, err
		}
	}
	switch q.Get("level") {
	case "":
		return change{}, errors.New("level: missing")
	case "default":
		c.time = 0
	}
	return c, nil
}
