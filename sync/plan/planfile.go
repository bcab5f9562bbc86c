package plan

import (
	"bytes"
	"crypto/hmac"
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
	"acsync/sync/decide"
)

// Schema names the form of a plan. Another form gets another number.
const Schema = schemaFamily + "1"

const schemaFamily = "acsync.plan/"

// Marshal seals a plan, and writes it as one JSON object.
func Marshal(p Plan) ([]byte, error) {
	p.Seal = p.Sealed()
	p.Checksum = p.Summed()
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return append(text, '\n'), nil
}

// Read reads what MarshalPlan wrote, whole and unchanged, and refuses a plan that does not meet its terms. Its errors are
// [PlanError].
func Read(text []byte, t Terms) (Plan, error) {
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
	if err := decoder.Decode(&p); err != nil || kind.Schema != Schema {
		return p, errDamaged
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return p, errDamaged
	}
	if !hmac.Equal([]byte(p.Checksum), []byte(p.Summed())) || !p.Sound() {
		return p, errDamaged
	}
	return p, p.meet(t)
}

var errDamaged = errorf("the plan is damaged, or was edited: its checksum does not hold")

// Sound tells whether each conversation of the plan has a key, and none is asked about twice: by one key, or by both that it
// can have for the same resolution.
func (p *Plan) Sound() bool {
	keys, resolutions := map[store.Key]bool{}, map[store.Key][]time.Time{}
	for _, each := range p.Send {
		key := each.Key()
		same := func(other time.Time) bool { return decide.SameResolution(other, each.Resolution) }
		if each.ID == "" || each.Resolution.IsZero() || each.Kind != key.Kind() || keys[key] ||
			slices.ContainsFunc(resolutions[decide.WithoutResolution(key)], same) {
			return false
		}
		keys[key], resolutions[decide.WithoutResolution(key)] = true, append(resolutions[decide.WithoutResolution(key)], each.Resolution)
	}
	return true
}

// Summed is the checksum of the plan. It finds what happened to the file by accident.
func (p *Plan) Summed() string {
	bare := *p
	bare.Checksum = ""
	sum := sha256.Sum256(bare.text())
	return hex.EncodeToString(sum[:])
}

// Sealed is the seal of the plan. It finds what was done to the file on purpose.
func (p *Plan) Sealed() string {
	bare := *p
	bare.Seal, bare.Checksum = "", ""
	mac := hmac.New(sha256.New, p.hashKey)
	mac.Write([]byte("seal\n"))
	mac.Write(bare.text())
	return hex.EncodeToString(mac.Sum(nil))
}

// text is the plan in one certain form; empty for times that no calendar has, which JSON cannot write.
func (p *Plan) text() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return text
}
