package simtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The secrets and private words of a world. None of them may ever be seen in a file, a log or an error.
const (
	kustomerKey  = "kst-4e1b-simulated-key"
	receiverKey  = "agc-77d2-simulated-key"
	dataSecret   = "agc-90aa-simulated-secret"
	privateHost  = "privat.example"
	privateName  = "Geheimrat"
	agentsHost   = "staff.example"
	kustomerHost = "127.0.0.1:7001"
	receiverHost = "127.0.0.1:7002"
)

const kustomerLayout = "2006-01-02T15:04:05.000Z"

// organisation is a model of Kustomer.
type organisation struct {
	*society
	journal *journal
	ahead   time.Duration // of its clock
	rows    int           // of a page, at most
	reach   int           // rows that a search shows at most
	budget  int           // calls a minute, of all that use the organisation; 0: it tells of none
	minute  occurrences   // calls by the minute
}

func (k *organisation) now() time.Time { return time.Now().Add(k.ahead) }

func (k *organisation) about(c call) string {
	path, _, _ := strings.Cut(c.url, "?")
	if strings.HasSuffix(path, "/search") {
		return path + " " + window(c)
	}
	return c.method + " " + path
}

// window is what a search looks for, for the journal.
func window(c call) string {
	var q search
	if json.Unmarshal(c.body, &q) != nil {
		return "unreadable"
	}
	text := q.QueryContext
	for _, each := range q.And {
		for attribute, by := range each {
			for operator, value := range by {
				if strings.HasSuffix(attribute, "_at") {
					text += " " + strings.TrimSuffix(
						strings.TrimPrefix(attribute, "conversation_"),
						"_created_at",
					) + " " + operator + " " + value
				}
			}
		}
	}
	_, query, _ := strings.Cut(c.url, "?")
	return text + " " + query
}

func (k *organisation) answer(c call) reply {
	out := k.route(c)
	if k.budget > 0 {
		out = k.meter(c, out)
	}
	return out.with("Date", k.now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
}

// meter counts the calls of a minute, those of other integrations among them, and refuses what is too much.
func (k *organisation) meter(c call, out reply) reply {
	now := k.now()
	minute := now.Truncate(time.Minute)
	about := minute.Format(time.TimeOnly)
	others := k.dice.throw("others", about, 0).IntN(k.budget * 21 / 20)
	used := k.minute.next(about) + others
	if used > k.budget {
		k.journal.meets("kustomer: budget used up by others")
		out = jsonReply(429, `{"errors":[{"code":"too_many_requests"}]}`)
	}
	reset := strconv.FormatInt(minute.Add(time.Minute).Unix(), 10)
	return out.with("X-Ratelimit-Limit", strconv.Itoa(k.budget)).
		with("X-Ratelimit-Remaining", strconv.Itoa(max(k.budget-used, 0))).with("X-Ratelimit-Reset", reset)
}

func (k *organisation) route(c call) reply {
	if c.header.Get("Authorization") != "Bearer "+kustomerKey {
		return jsonReply(401, `{"errors":[{"code":"unauthorized"}]}`)
	}
	path, query, _ := strings.Cut(c.url, "?")
	values, _ := url.ParseQuery(query)
	id := path[strings.LastIndex(path, "/")+1:]
	switch {
	case path == "/v1/auth/tokens/current":
		return jsonReply(200, `{"data":{"type":"token","id":"t","attributes":{}}}`)
	case path == "/v1/customers/search":
		return k.search(c, values)
	case path == "/v1/users":
		return list(k.users("agent-a", "agent-b", "agent-c", "agent-machine", "agent-mute", "agent-refused"))
	case path == "/v1/tags":
		return list([]string{tagRow("tag-0"), tagRow("tag-1"), tagRow("tag-2")})
	case strings.HasPrefix(path, "/v1/users/"):
		return one(k.users(id))
	case strings.HasPrefix(path, "/v1/tags/"):
		if id == "tag-4" {
			return one(nil)
		}
		return one([]string{tagRow(id)})
	case strings.HasPrefix(path, "/v1/customers/"):
		return one(k.customer(id))
	case strings.HasPrefix(path, "/v1/conversations/"):
		return k.conversationsByID(strings.Split(id, ","))
	}
	return jsonReply(404, `{"errors":[{"code":"not_found"}]}`)
}

func one(rows []string) reply {
	if len(rows) == 0 {
		return jsonReply(404, `{"errors":[{"code":"not_found"}]}`)
	}
	return jsonReply(200, `{"data":`+rows[0]+`}`)
}

func list(rows []string) reply {
	return jsonReply(200, `{"data":[`+strings.Join(rows, ",")+`],"links":{"next":null}}`)
}

func (k *organisation) users(ids ...string) (rows []string) {
	for _, id := range ids {
		email, kind := quoted(id+"@"+agentsHost), "user"
		switch id {
		case "agent-machine":
			kind = "machine"
		case "agent-mute":
			email = "null"
		}
		rows = append(rows, fmt.Sprintf(
			`{"type":"user","id":%q,"attributes":{"name":"Agent %s","email":%s,"userType":%q,"deletedAt":null}}`,
			id, id, email, kind))
	}
	return rows
}

func quoted(text string) string { return strconv.Quote(text) }

func tagRow(id string) string {
	return fmt.Sprintf(`{"type":"tag","id":%q,"attributes":{"name":"name of %s"}}`, id, id)
}

// customer is the row of one; empty where there is none: it was deleted, or merged into another by now.
func (k *organisation) customer(id string) []string {
	kind := strings.Split(id, "-")
	if len(kind) < 3 || kind[1] == "deleted" || k.mergedAway(id) {
		return nil
	}
	emails := `[{"email":` + quoted(id+"@"+privateHost) + `,"type":"home","verified":true}]`
	switch kind[1] {
	case "none":
		emails = `[]`
	case "masked":
		emails = `{"isMasked":true,"maskedPresentation":"********"}`
	case "odd":
		emails = `[{"email":"nobody at all"}]`
	}
	return []string{
		fmt.Sprintf(`{"type":"customer","id":%q,"attributes":{"name":"Wilhelmina %s%s","emails":%s}}`,
			id, privateName, kind[2], emails),
	}
}

// mergedAway reports whether all conversations of a customer have gone to another.
func (k *organisation) mergedAway(id string) bool {
	now, merged := time.Now(), false
	for _, c := range k.conversations {
		v, ok := c.latest(now, false)
		if ok && v.customer == id {
			return false
		}
		merged = merged || ok && v.customer == id+"-merged"
	}
	return merged
}

// row is a conversation as Kustomer writes it.
func (k *organisation) row(c *conversation, v version) string {
	assigned, flag, spamText, importedText := "[]", "false", "false", "null"
	if c.agent != "" {
		assigned = `["` + c.agent + `"]`
	}
	switch c.trait {
	case doNotSend:
		flag = "true"
	case maskedFlag:
		flag = `{"isMasked":true}`
	case spam:
		spamText = "true"
	case imported:
		importedText = quoted(k.clock(c.created))
	}
	tags, _ := json.Marshal(append([]string{}, c.tags...))
	return fmt.Sprintf(
		`{"type":"conversation","id":%q,"attributes":{"status":%q,"channels":["email"],"tags":%s,`+
			`"assignedUsers":%s,"lastDone":{"createdAt":%q,"createdBy":"agent-a","assignedUsers":%s},"createdAt":%q,`+
			`"updatedAt":%q,"spam":%s,"importedAt":%s,"custom":{"doNotSendAgentConnectRequestBool":%s}},`+
			`"relationships":{"customer":{"data":{"type":"customer","id":%q}}}}`,
		c.id,
		v.status,
		tags,
		assigned,
		k.clock(v.done),
		assigned,
		k.clock(c.created),
		k.clock(v.at),
		spamText,
		importedText,
		flag,
		v.customer,
	)
}

func (k *organisation) clock(at time.Time) string {
	return at.Add(k.ahead).UTC().Format(kustomerLayout)
}

func (k *organisation) conversationsByID(ids []string) reply {
	var rows []string
	now := time.Now()
	for _, id := range ids {
		c := k.byID[id]
		if c == nil {
			continue
		}
		if c.trait == unreadable {
			k.journal.meets("kustomer: record that is never given")
			return jsonReply(500, `{"errors":[{"code":"internal","title":"Wilhelmina `+privateName+` is locked"}]}`)
		}
		if v, ok := c.latest(now, false); ok && !v.gone {
			rows = append(rows, k.row(c, v))
		} else if ok {
			k.journal.meets("kustomer: conversation deleted or merged")
		}
	}
	if len(ids) == 1 {
		return one(rows)
	}
	return list(rows)
}

// search is a query as Kustomer documents it.
type search struct {
	QueryContext string                         `json:"queryContext"`
	And          []map[string]map[string]string `json:"and"`
}

// matches reports whether the search shows a conversation so.
func (q search) matches(c *conversation, v version, ahead time.Duration) bool {
	for _, each := range q.And {
		for attribute, by := range each {
			at := time.Time{}
			switch attribute {
			case "conversation_status":
				if by["equals"] != v.status {
					return false
				}
				continue
			case "conversation_last_done_created_at":
				at = v.done
			case "conversation_created_at":
				at = c.created
			case "conversation_updated_at":
				at = v.at
			default:
				return false
			}
			at = at.Add(ahead)
			for operator, text := range by {
				bound, err := time.Parse(kustomerLayout, text)
				fits := map[string]bool{
					"gte": !at.Before(bound),
					"gt":  at.After(bound),
					"lt":  at.Before(bound),
					"lte": !at.After(bound),
				}
				if err != nil || !fits[operator] {
					return false
				}
			}
		}
	}
	return true
}

type found struct {
	*conversation
	version
}

func (k *organisation) search(c call, values url.Values) reply {
	var q search
	if json.Unmarshal(c.body, &q) != nil {
		return jsonReply(400, `{"errors":[{"code":"bad_request"}]}`)
	}
	now := time.Now()
	var all []found
	for _, each := range k.conversations {
		if v, ok := each.latest(now, true); ok && !v.gone && q.matches(each, v, k.ahead) {
			all = append(all, found{each, v})
		}
	}
	about := window(c)
	// In any order, but for all pages in the same.
	r := k.dice.throw("order", about[:strings.LastIndex(about, " ")], 0)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var rows []string
	if q.QueryContext == "customer" {
		rows = k.customersOf(all)
	} else {
		for _, each := range all {
			rows = append(rows, k.searchRows(each, len(all))...)
		}
	}
	return k.pageOf(rows, values)
}

func (k *organisation) customersOf(all []found) (rows []string) {
	var ids []string
	for _, each := range all {
		if !slices.Contains(ids, each.customer) {
			ids = append(ids, each.customer)
			rows = append(rows, k.customer(each.customer)...)
		}
	}
	return rows
}

// searchRows are what the search has of a conversation: one row, nearly always.
func (k *organisation) searchRows(f found, of int) []string {
	row := k.row(f.conversation, f.version)
	switch f.trait {
	case brokenRow, unreadable:
		k.journal.meets("kustomer: " + string(f.trait))
		return []string{fmt.Sprintf(`{"type":"conversation","id":%q,"attributes":{}}`, f.id)}
	case contradicted:
		if 2*of > k.rows {
			break
		}
		k.journal.meets("kustomer: " + string(f.trait))
		return []string{row, strings.Replace(row, `"tags":[`, `"tags":["tag-3",`, 1)}
	}
	return []string{row}
}

// pageOf cuts a page out of the rows.
func (k *organisation) pageOf(rows []string, values url.Values) reply {
	size, _ := strconv.Atoi(values.Get("pageSize"))
	number, _ := strconv.Atoi(values.Get("page"))
	size, number = min(max(size, 1), k.rows), max(number, 1)
	total := len(rows)
	pages := (total + size - 1) / size
	counted := min(total, k.reach)
	if total > counted {
		k.journal.meets("kustomer: more rows than a search shows")
	}
	next := "null"
	if number < pages {
		next = quoted(fmt.Sprintf("/v1/customers/search?page=%d&pageSize=%d", number+1, size))
	}
	if number*size > k.reach {
		return jsonReply(400, `{"errors":[{"code":"max_pages_exceeded"}]}`)
	}
	first := min((number-1)*size, len(rows))
	part := rows[first:min(first+size, len(rows))]
	return jsonReply(
		200,
		fmt.Sprintf(`{"meta":{"pageSize":%d,"page":%d,"total":%d,"totalPages":%d},"data":[%s],"links":{"next":%s}}`,
			size, number, counted, (counted+size-1)/size, strings.Join(part, ","), next),
	)
}
