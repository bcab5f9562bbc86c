package agentconnect

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"acsync/sync/httpx"
)

// errDataShape tells of an answer that is JSON, but no list of interactions. It never quotes the answer.
var errDataShape = errors.New("it is not a list of interactions")

// decodeData reads an answer: an array (documented and observed), or an object with the array as its data (in case; the
// vendor's schema wrongly has an object).
func decodeData(resp *httpx.Response) ([]Interaction, error) {
	var body json.RawMessage
	if err := resp.Decode(&body); err != nil {
		return nil, err
	}
	rows, err := decodeInteractions(body)
	if err != nil {
		return nil, resp.Unreadable(err)
	}
	return rows, nil
}

// decodeInteractions reads rows. It takes anything for a missing value but a row that is none at all: that one could be
// the very row that is looked for.
func decodeInteractions(body []byte) ([]Interaction, error) {
	var list []json.RawMessage
	var object struct {
		Data *[]json.RawMessage `json:"data"`
	}
	switch body = bytes.TrimSpace(body); {
	case bytes.HasPrefix(body, []byte("[")):
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, errDataShape
		}
	case json.Unmarshal(body, &object) == nil && object.Data != nil:
		list = *object.Data
	default:
		return nil, errDataShape
	}
	rows := make([]Interaction, 0, len(list))
	for _, raw := range list {
		if string(raw) == "null" {
			continue
		}
		var row dataRow
		if err := json.Unmarshal(raw, &row); err != nil || row.UUID == "" && row.Sequence <= 0 {
			return nil, errDataShape
		}
		rows = append(rows, row.interaction())
	}
	return rows, nil
}

// dataRow is an interaction on the wire; what is not named here is not read, the answers and the people among it.
type dataRow struct {
	UUID         text       `json:"uuid"`
	Sequence     number     `json:"sequence_id"`
	Recovery     flag       `json:"is_recovery"`
	Parent       text       `json:"parent_uuid"`
	Ext          text       `json:"ext_interaction_id"`
	Created      instant    `json:"request_created_at"`
	Status       text       `json:"request_delivery_status"`
	RequestedVia text       `json:"requested_via"`
	Properties   properties `json:"custom_properties"`
}

func (r dataRow) interaction() Interaction {
	return Interaction{
		UUID: string(r.UUID), Recovery: bool(r.Recovery) || r.Parent != "", Parent: string(r.Parent), Sequence: max(int64(r.Sequence), 0), ExtInteractionID: string(r.Ext), Intent: string(r.Properties),
		CreatedAt: time.Time(r.Created), Status: string(r.Status), RequestedVia: string(r.RequestedVia),
	}
}

// text is a string, or a number as it stands; anything else is empty.
type text string

// UnmarshalJSON never fails on valid JSON.
func (t *text) UnmarshalJSON(data []byte) error {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	switch value := value.(type) {
	case string:
		*t = text(value)
	case json.Number:
		*t = text(value)
	default:
		*t = ""
	}
	return nil
}

// number is a whole number, or a string of its digits; anything else is 0.
type number int64

// UnmarshalJSON never fails on valid JSON.
func (n *number) UnmarshalJSON(data []byte) error {
	var digits text
	if err := digits.UnmarshalJSON(data); err != nil {
		return err
	}
	value, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		value = 0
	}
	*n = number(value)
	return nil
}

// flag is true, or the word; anything else is false.
type flag bool

// UnmarshalJSON never fails on valid JSON.
func (f *flag) UnmarshalJSON(data []byte) error {
	*f = flag(strings.EqualFold(strings.Trim(string(data), `"`), "true"))
	return nil
}

// instant is a time with its offset; anything else is zero. A time without an offset is nowhere documented, and taking it
// for one of some zone could take an old interaction for a new one.
type instant time.Time

// UnmarshalJSON never fails on valid JSON.
func (i *instant) UnmarshalJSON(data []byte) error {
	var value text
	if err := value.UnmarshalJSON(data); err != nil {
		return err
	}
	*i = instant{}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999 Z0700"} {
		if at, err := time.Parse(form, string(value)); err == nil {
			*i = instant(at.UTC())
			break
		}
	}
	return nil
}

// properties are the custom properties, of which only the stamp is read.
type properties string

// UnmarshalJSON never fails on valid JSON.
func (p *properties) UnmarshalJSON(data []byte) error {
	*p = ""
	var object struct {
		Intent text `json:"acsync_intent"`
	}
	if json.Unmarshal(data, &object) == nil {
		*p = properties(object.Intent)
	}
	return nil
}
