package fetch

import (
	"context"

	"acsync/sync/kustomer"
)

// directory is what a pass knows of agents and tags.
type directory struct {
	agents cache[kustomer.User]
	tags   cache[kustomer.Tag]
}

func newDirectory(from Directory, notice func(string, ...any)) *directory {
	return &directory{
		agents: cache[kustomer.User]{
			kind: "agent", notice: notice, list: from.Users, one: from.User,
			id: func(u kustomer.User) string { return u.ID },
		},
		tags: cache[kustomer.Tag]{
			kind: "tag", notice: notice, list: from.Tags, one: from.Tag,
			id: func(t kustomer.Tag) string { return t.ID },
		},
	}
}

// tagNames are the names of tags. Kustomer takes names where it takes ids (documented), so that what is no id
// that it knows is passed on as a name.
func (d *directory) tagNames(ctx context.Context, ids []string) ([]string, error) {
	var names []string
	for _, id := range ids {
		tag, err := d.tags.find(ctx, id)
		if err != nil {
			return nil, err
		}
		if tag != nil && tag.Name != "" {
			id = tag.Name
		}
		names = append(names, id)
	}
	return names, nil
}
