package git

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
)

// refs returns the full names of the refs that a delivery is about, and whether it
// is about a push at all.
func (p Provider) refs(h http.Header, body []byte) (names []string, isPush bool, err error) {
	if !p.announcesPush(h) {
		return nil, false, nil
	}
	if mediaType, _, _ := mime.ParseMediaType(h.Get("Content-Type")); mediaType == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(body))
		if err != nil || !form.Has("payload") {
			return nil, false, errors.New("the form has no payload")
		}
		body = []byte(form.Get("payload"))
	}
	var payload struct {
		Ref  string `json:"ref"`
		Push struct {
			Changes []struct {
				New *struct {
					Name string `json:"name"`
					Type string `json:"type"`
				} `json:"new"`
			} `json:"changes"`
		} `json:"push"`
		Changes []struct {
			Ref struct {
				ID string `json:"id"`
			} `json:"ref"`
		} `json:"changes"`
	}
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil, false, errors.New("the body is not the JSON of a push")
	}
	add := func(name string) {
		if r, err := parseRef(name); err == nil && r.kind == refExact {
			names = append(names, name)
		}
	}
	if p != Bitbucket {
		add(payload.Ref)
	}
	for _, c := range payload.Push.Changes { // of Cloud
		if p != Bitbucket || c.New == nil {
			continue
		}
		if c.New.Type == "branch" {
			add(branches + c.New.Name)
		} else {
			add(tags + c.New.Name)
		}
	}
	for _, c := range payload.Changes { // of Data Center
		if p == Bitbucket {
			add(c.Ref.ID)
		}
	}
	if len(names) == 0 {
		if p == Bitbucket {
			return nil, false, nil // all of it was deleted
		}
		return nil, false, errors.New("the body has no ref")
	}
	return names, true, nil
}

// announcesPush reports whether a delivery is of the kind that follows a push.
func (p Provider) announcesPush(h http.Header) bool {
	switch p {
	case GitHub:
		return h.Get("X-Github-Event") == "push"
	case GitLab:
		event := h.Get("X-Gitlab-Event")
		return event == "Push Hook" || event == "Tag Push Hook"
	case Gitea:
		return h.Get("X-Gitea-Event") == "push"
	case Forgejo:
		return h.Get("X-Forgejo-Event") == "push" || h.Get("X-Forgejo-Event") == "" && h.Get("X-Gitea-Event") == "push"
	case Gogs:
		return h.Get("X-Gogs-Event") == "push"
	case Bitbucket:
		event := h.Get("X-Event-Key")
		return event == "repo:push" || event == "repo:refs_changed"
	}
	return false
}
