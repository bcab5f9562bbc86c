package agentconnect

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
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
		row := lenient.Decode[dataRow](raw).interaction()
		if row.UUID == "" && row.Sequence == 0 {
			return nil, errDataShape
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// dataRow is an interaction on the wire; what is not named here is not read, the answers and the people among it.
type dataRow struct {
	UUID         lenient.Value `json:"uuid"`
	Sequence     lenient.Value `json:"sequence_id"`
	Recovery     lenient.Value `json:"is_recovery"`
	Parent       lenient.Value `json:"parent_uuid"`
	Ext          lenient.Value `json:"ext_interaction_id"`
	Created      lenient.Value `json:"request_created_at"`
	Status       lenient.Value `json:"request_delivery_status"`
	RequestedVia lenient.Value `json:"requested_via"`
	Properties   lenient.Of[struct {
		Intent lenient.Value `json:"acsync_intent"`
	}] `json:"custom_properties"`
}

// timeLayouts are the forms that times are read in. All have an offset: a time without one is nowhere documented, and
// taking it for one of some zone could take an old interaction for a new one.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999 Z0700",
}

func (r dataRow) interaction() Interaction {
	sequence, _ := r.Sequence.Int()
	return Interaction{
		UUID: r.UUID.Text, Recovery: r.Recovery.True || r.Parent.Text != "", Parent: r.Parent.Text,
		Sequence: max(sequence, 0), ExtInteractionID: r.Ext.Text, Intent: r.Properties.Value.Intent.Text,
		CreatedAt: r.Created.Time(timeLayouts...), Status: r.Status.Text, RequestedVia: r.RequestedVia.Text,
	}
}
