// Package plan is the file between a plan and its apply: what a dry run would send, sealed.
package plan

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

const schema = schemaFamily + "1"

const schemaFamily = "acsync.plan/"

// How long a plan can be carried out, unless its maker says otherwise, and the limits of that.
const (
	DefaultValid  = 24 * time.Hour
	ShortestValid = time.Minute
	LongestValid  = 365 * 24 * time.Hour
)

// Plan is what a dry run would send, to be carried out later: exactly that, or less. It holds ids, times and
// counts, and of each request a hash that nobody can try addresses with who lacks Agent Connect's API key.
type Plan struct {
	Schema        string         `json:"schema"`
	Program       string         `json:"acsync"` // the version that made it; for people
	Pass          string         `json:"pass"`   // of the dry run
	Tenant        string         `json:"tenant"` // the accounts that it is about
	Configuration string         `json:"configuration"`
	Made          time.Time      `json:"made"` // this machine's clock
	Expires       time.Time      `json:"expires"`
	Ledger        Ledger         `json:"ledger"`
	From          time.Time      `json:"from"` // of the resolutions that were read
	To            time.Time      `json:"to"`
	Backfill      bool           `json:"backfill"` // a range of its own, asked about whatever its age
	Found         int            `json:"found"`
	Counts        map[string]int `json:"counts"` // of what is not to be sent, by disposition
	Salt          string         `json:"salt"`   // of the hashes; another one in each plan
	Send          []Planned      `json:"send"`   // by the time of resolution
	Seal          string         `json:"seal"`   // of all above, by Agent Connect's API key
	Checksum      string         `json:"checksum"`

	hashKey []byte // of the hashes and the seal
}

// New is a plan of nothing yet, with a salt of its own. The secret is Agent Connect's API key.
func New(secret string) Plan {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails (crypto/rand, since Go 1.24)
	p := Plan{Schema: schema, Salt: hex.EncodeToString(salt), Send: []Planned{}}
	p.hashKey = hashKey(secret, p.Salt)
	return p
}

// Hash is the hash of a survey request, before it is stamped. The order of its tags says nothing.
func (p *Plan) Hash(r agentconnect.Request) (string, error) {
	r.Tags = slices.Sorted(slices.Values(r.Tags))
	text, err := json.Marshal(struct {
		Recovery bool
		Request  agentconnect.Request
	}{r.Recovery, r})
	if err != nil {
		return "", fmt.Errorf("hash the request for conversation %s: %w", r.ExtInteractionID, err)
	}
	mac := hmac.New(sha256.New, p.hashKey)
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// Fingerprint is a short digest of all that the plan says, for people to compare: who approved a plan can see
// that this one was carried out. It is no proof of who made it; the seal is that.
func (p *Plan) Fingerprint() string {
	bare := *p
	bare.Seal, bare.Checksum = "", ""
	sum := sha256.Sum256(bare.text())
	return fmt.Sprintf("%x-%x-%x-%x", sum[0:2], sum[2:4], sum[4:6], sum[6:8])
}

// CheckExpiry refuses a plan that has expired.
func (p *Plan) CheckExpiry(now time.Time) error {
	if now.Before(p.Expires) {
		return nil
	}
	const layout = "2006-01-02 15:04:05 UTC"
	made, expires := p.Made.UTC().Format(layout), p.Expires.UTC().Format(layout)
	return errorf("the plan has expired: it was made %s for the time until %s", made, expires)
}

// meet refuses a plan of something else, or of too long ago. One that meets its terms can hash requests.
func (p *Plan) meet(t Terms) error {
	if err := p.checkTenant(t); err != nil {
		return err
	}
	if err := p.checkStanding(t); err != nil {
		return err
	}
	return p.checkSeal(t)
}

func (p *Plan) checkTenant(t Terms) error {
	if p.Tenant == t.Tenant {
		return nil
	}
	return errorf("the plan was made for another tenant: it is for %q, this configuration is for %q", p.Tenant,
		t.Tenant)
}

// checkStanding refuses what was in order once, and cannot be carried out any more.
func (p *Plan) checkStanding(t Terms) error {
	if p.Configuration != t.Configuration {
		return errorf("the configuration has changed since the plan was made, and with it what is decided")
	}
	return p.CheckExpiry(t.Now)
}

func (p *Plan) checkSeal(t Terms) error {
	p.hashKey = hashKey(t.Secret, p.Salt)
	if hmac.Equal([]byte(p.Seal), []byte(p.sealed())) {
		return nil
	}
	return errorf("the plan was made with another API key of Agent Connect, or changed by somebody without it")
}

// sound reports whether each conversation has a key, and none is asked about twice for one resolution.
func (p *Plan) sound() bool {
	keys, resolutions := map[store.Key]bool{}, map[store.Key][]time.Time{}
	for _, each := range p.Send {
		key, group := each.Key(), decide.WithoutResolution(each.Key())
		same := func(other time.Time) bool { return decide.SameResolution(other, each.Resolution) }
		if each.ID == "" || each.Resolution.IsZero() || each.Kind != key.Kind() || keys[key] ||
			slices.ContainsFunc(resolutions[group], same) {
			return false
		}
		keys[key], resolutions[group] = true, append(resolutions[group], each.Resolution)
	}
	return true
}

// summed is the checksum: it finds what happened to the file by accident.
func (p *Plan) summed() string {
	bare := *p
	bare.Checksum = ""
	sum := sha256.Sum256(bare.text())
	return hex.EncodeToString(sum[:])
}

// sealed is the seal: it finds what was done to the file on purpose.
func (p *Plan) sealed() string {
	bare := *p
	bare.Seal, bare.Checksum = "", ""
	mac := hmac.New(sha256.New, p.hashKey)
	mac.Write([]byte("seal\n"))
	mac.Write(bare.text())
	return hex.EncodeToString(mac.Sum(nil))
}

// text is the plan in one certain form; empty for times that no calendar has.
func (p *Plan) text() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return text
}

// hashKey depends on a secret, because whoever has the salt alone could try addresses.
func hashKey(secret, salt string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(schema + "\n" + salt))
	return mac.Sum(nil)
}

// Ledger is the ledger that a plan was made with, as it was then.
type Ledger struct {
	ID            string    `json:"id"`
	Transaction   uint64    `json:"transaction"`
	Checkpoint    time.Time `json:"checkpoint"`
	Conversations int       `json:"conversations"`
}

// Check refuses a plan of another ledger, or of a later state of this one: what that knew is lost.
func (l Ledger) Check(info store.Info) error {
	switch {
	case l.ID != info.ID:
		return errorf("the plan was made with ledger %q, and this is ledger %q", l.ID, info.ID)
	case l.Transaction > info.Transaction:
		return exit.Advise(fmt.Errorf("%w: it ends with transaction %d, the plan has seen %d; nothing was sent, "+
			"because whoever was asked between may be asked again", store.ErrRolledBack, info.Transaction,
			l.Transaction), "run acsync ledger restore FILE with the newest copy of the ledger, or acsync "+
			"ledger rebuild first, and make a new plan", "restore")
	}
	return nil
}

// Planned is a conversation that is to be asked about.
type Planned struct {
	ID            string    `json:"id"`
	Resolution    time.Time `json:"resolution"`
	PerResolution bool      `json:"per_resolution,omitempty"` // asked about once for each resolution
	Kind          string    `json:"kind,omitempty"`           // "recovery"; empty for a survey request
	Request       string    `json:"request"`                  // its hash
}

// Key is the conversation's key in the ledger.
func (p Planned) Key() store.Key {
	key := store.Key{Conversation: p.ID, Recovery: p.Kind != ""}
	if p.PerResolution {
		key.Resolution = p.Resolution.UnixMilli()
	}
	return key
}

// Terms are what a plan is made under, and has to meet again when it is carried out.
type Terms struct {
	Tenant        string
	Configuration string // a digest of all that decisions depend on
	Secret        string // Agent Connect's API key
	Now           time.Time
}

// Marshal seals a plan, and writes it as one JSON object.
func Marshal(p Plan) ([]byte, error) {
	p.Seal = p.sealed()
	p.Checksum = p.summed()
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return append(text, '\n'), nil
}

// Read reads what Marshal wrote, whole and unchanged; an [*Error] refuses what does not meet its terms.
func Read(text []byte, t Terms) (Plan, error) {
	p, err := parse(text)
	if err != nil {
		return p, err
	}
	return p, p.meet(t)
}

// Look reads a plan to be looked at. It refuses what Read does, but for a plan that was in order and cannot
// be carried out any more, or that nothing here can prove: obstacle says so, and is empty where it can be
// carried out.
func Look(text []byte, t Terms) (p Plan, obstacle string, err error) {
	if p, err = parse(text); err == nil {
		err = p.checkTenant(t)
	}
	switch {
	case err != nil:
		return p, "", err
	case t.Secret == "":
		return p, "nothing here tells whether somebody has changed it: its seal depends on Agent Connect's " +
			"API key, which is not set", nil
	}
	if err := p.checkSeal(t); err != nil {
		return p, "", err
	}
	if past, ok := errors.AsType[*Error](p.checkStanding(t)); ok {
		obstacle = past.why
	}
	return p, obstacle, nil
}

// parse reads a plan that is whole and unchanged, as far as can be told without a secret.
func parse(text []byte) (Plan, error) {
	var p Plan
	var kind struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(text, &kind); err != nil || !strings.HasPrefix(kind.Schema, schemaFamily) {
		return p, errorf("it is no plan as acsync writes them, or only a part of one")
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(kind.Schema, schemaFamily)); err == nil && n > 1 {
		return p, errorf("the plan was made by a newer version of acsync (%s)", strconv.Quote(kind.Schema))
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil || kind.Schema != schema {
		return p, errDamaged
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return p, errDamaged
	}
	if !hmac.Equal([]byte(p.Checksum), []byte(p.summed())) || !p.sound() {
		return p, errDamaged
	}
	return p, nil
}

var errDamaged = errorf("the plan is damaged, or was edited: its checksum does not hold")

// Error tells why a plan is not carried out.
type Error struct{ why string }

// Error says what happened and what to do.
func (e *Error) Error() string {
	return exit.Told(e.why+"; nothing was sent", e.Todo())
}

// Todo is what to do.
func (*Error) Todo() string { return "make a new one with acsync plan" }

// Topic is the one of the manual that tells more.
func (*Error) Topic() string { return "plans" }

// ExitClass returns the code that the process ends with.
func (*Error) ExitClass() exit.Code { return exit.Usage }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
