package sandbox

import (
	"net/http"
	"strings"
)

// conversations answers one id with the record, several with those that are there.
func (k *kustomer) conversations(c *call) answer {
	if err := unknownParameter(c.query); err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	ids := strings.Split(c.id, ",")
	if len(ids) > maxIDs {
		return listError(http.StatusBadRequest, "too many ids")
	}
	now := k.now()
	found := []resource{}
	for _, id := range ids {
		if each, ok := k.world.conversation(id, now); ok {
			found = append(found, k.conversationResource(&each))
		}
	}
	switch {
	case len(ids) > 1:
		return jsonAnswer(http.StatusOK, object{
			"meta": object{"page": 1, "pageSize": len(ids)}, "data": found, "links": object{"self": c.path},
		})
	case len(found) == 0:
		return listError(http.StatusNotFound, "conversation not found")
	default:
		return jsonAnswer(http.StatusOK, object{"data": found[0]})
	}
}

// customer answers a single id; several at once are not documented, and refused.
func (k *kustomer) customer(c *call) answer {
	if err := unknownParameter(c.query); err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "query")
	}
	found, ok := k.world.customer(c.id)
	if !ok {
		return recordError(http.StatusNotFound, "Not found", "id")
	}
	return jsonAnswer(http.StatusOK, object{"data": customerResource(&found)})
}

// user answers a single id. Several are documented, and nobody asks for them.
func (k *kustomer) user(c *call) answer {
	for _, u := range k.world.allUsers() {
		if strings.EqualFold(u.ID, c.id) {
			return jsonAnswer(http.StatusOK, object{"data": userResource(&u)})
		}
	}
	return recordError(http.StatusNotFound, "Not found", "id")
}
