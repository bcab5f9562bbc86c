package simtest

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mishap is a way in which a call goes wrong.
type mishap struct {
	name string
	// what is answered in place of the service, which does not hear of the call; nil: it does
	instead func(r *rand.Rand, now time.Time) reply
	// what becomes of the service's own answer
	spoil func(r *rand.Rand, answer reply) reply
	// posts that go so were perhaps carried out, as far as anybody can tell from the answer
	doubt bool
	// it is none of reads: data that are wrong by themselves prove anything
	posts bool
}

func always(r reply) func(*rand.Rand, time.Time) reply {
	return func(*rand.Rand, time.Time) reply { return r }
}

func by(w way) func(*rand.Rand, reply) reply {
	return func(_ *rand.Rand, answer reply) reply {
		answer.way = w
		return answer
	}
}

// other answers something else than the service has said.
func other(as reply) func(*rand.Rand, reply) reply {
	return func(_ *rand.Rand, answer reply) reply {
		as.took = answer.took
		return as
	}
}

// awhile is longer than any time-out.
const awhile = 11 * time.Minute

// common are the mishaps of reads and posts alike.
var common = []mishap{
	{name: "reset before it was read", instead: always(reply{way: lost}), doubt: true},
	{name: "hung up on", instead: always(reply{way: hungUp}), doubt: true},
	{name: "502 page of a gateway", instead: always(page(502, "Bad Gateway")), doubt: true},
	{name: "503 page of a gateway", instead: always(page(503, "Service Unavailable")), doubt: true},
	{name: "504 page of a gateway", instead: always(page(504, "Gateway Time-out")), doubt: true},
	{name: "500 in JSON", instead: always(jsonReply(500, `{"message":"Internal server error"}`)), doubt: true},
	{name: "429 without a word", instead: always(jsonReply(429, `{"message":"Too Many Requests"}`))},
	{name: "429 with seconds", instead: func(r *rand.Rand, _ time.Time) reply {
		return jsonReply(429, `{"message":"Too Many Requests"}`).with("Retry-After", strconv.Itoa(r.IntN(40)))
	}},
	{name: "429 with a date", instead: func(r *rand.Rand, now time.Time) reply {
		at := now.Add(between(r, 0, time.Minute)).UTC().Format(http.TimeFormat)
		return jsonReply(429, "").with("Retry-After", at)
	}},
	{name: "429 with nonsense", instead: always(jsonReply(429, "slow down").with("Retry-After", "soon"))},
	{name: "429 with a reset", instead: func(r *rand.Rand, now time.Time) reply {
		at := now.Add(between(r, 0, time.Minute))
		value := pick(r, at.Unix(), at.UnixMilli(), at.Unix()-now.Unix())
		answer := jsonReply(429, `{"errors":[{"code":"too_many"}]}`)
		return answer.with("X-Ratelimit-Reset", strconv.FormatInt(value, 10))
	}},
	{
		name:    "redirect",
		instead: always(reply{status: 302, header: map[string]string{"Location": "http://127.0.0.2/login"}}),
		doubt:   true,
	},
	{name: "200 page of a portal", instead: always(page(200, "Please sign in")), doubt: true},
	{name: "answer lost", spoil: by(lost), doubt: true},
	{name: "answer never came", spoil: by(silence), doubt: true},
	{name: "closed in place of an answer", spoil: by(hungUp), doubt: true},
	{name: "cut-off answer", spoil: by(cutOff), doubt: true},
	{name: "reset within the answer", spoil: by(broken), doubt: true},
	{name: "garbage", spoil: other(jsonReply(200, "{\"data\":[\x00\xff")), doubt: true},
	{name: "500 behind the deed", spoil: other(jsonReply(500, `{"message":"boom"}`)), doubt: true},
	{name: "502 behind the deed", spoil: other(page(502, "Bad Gateway")), doubt: true},
	{name: "slow answer", spoil: func(r *rand.Rand, answer reply) reply {
		answer.took += between(r, time.Second, 20*time.Second)
		return answer
	}},
	{name: "answer after the time-out", spoil: func(_ *rand.Rand, answer reply) reply {
		answer.took += awhile
		return answer
	}, doubt: true},
	{name: "answer in chunks", spoil: func(_ *rand.Rand, answer reply) reply {
		answer.chunked = true
		return answer
	}},
	{name: "sign of life first", spoil: by(early)},
}

// ofPosts are those of survey requests alone.
var ofPosts = []mishap{
	{name: "403 page of a firewall", instead: always(page(403, "Access denied"))},
	{name: "401 page of a challenge", instead: always(page(401, "Sign in"))},
	{name: "400 page of a gateway", instead: always(page(400, "Bad Request"))},
	{name: "404 page of a gateway", instead: always(page(404, "Not Found"))},
	{name: "403 about one record", instead: always(jsonReply(403, `{"message":"Forbidden"}`))},
	{name: "407 of a proxy", instead: always(page(407, "Proxy Authentication Required"))},
	{name: "413 of a proxy", instead: always(page(413, "Request Entity Too Large"))},
	{name: "408 of a proxy", instead: always(page(408, "Request Timeout")), doubt: true},
	{name: "202 of a challenge", instead: always(reply{status: 202}), doubt: true},
	{name: "200 with foreign JSON", instead: always(jsonReply(200, `{"ok":true}`)), doubt: true},
	{
		name:    "200 with an error",
		instead: always(jsonReply(200, `{"error":"employee not found","status":400}`)),
		doubt:   true,
	},
	{name: "200 with null", instead: always(jsonReply(200, `null`)), doubt: true},
	{name: "200 without a body", spoil: other(reply{status: 200}), doubt: true},
	{name: "200 for another request", posts: true, spoil: func(_ *rand.Rand, answer reply) reply {
		answer.body = strings.Replace(answer.body, `"ext_interaction_id":"`, `"ext_interaction_id":"0`, 1)
		return answer
	}, doubt: true},
	{name: "second answer behind it", spoil: by(stray)},
	{name: "stray 429 in front of it", spoil: func(_ *rand.Rand, answer reply) reply {
		answer = jsonReply(429, `{"message":"Too Many Requests"}`)
		answer.way = stray
		return answer
	}, doubt: true},
	{name: "huge answer", spoil: func(_ *rand.Rand, answer reply) reply {
		answer.body = strings.TrimSuffix(answer.body, "}") + `,"padding":"` + strings.Repeat("x", 300<<10) + `"}`
		return answer
	}, doubt: true},
}

// ofDials are the ways in which no connection comes about.
var ofDials = []string{
	"refused", "no such host", "name server silent", "no route", "never connected", "handshake failed", spokeFirst,
}

// spokeFirst is a server that does not wait to be asked. Connections that are kept hear of it too late.
const spokeFirst = "server speaks first"
