package basicauth

// ParseHtpasswd returns the hashes of a file by user.
func ParseHtpasswd(text string) (map[string]string, error) {
	users, err := parseHtpasswd(text, nil)
	hashes := map[string]string{}
	for user, l := range users {
		hashes[user] = l.hash
	}
	return hashes, err
}
