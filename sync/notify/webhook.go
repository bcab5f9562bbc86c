package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Webhook writes messages into a channel, as Slack takes them.
type Webhook struct{ caller }

// NewWebhook makes one. The address is a secret.
func NewWebhook(address, agent string) (*Webhook, error) {
	caller, err := newCaller(address, agent)
	if err != nil {
		return nil, fmt.Errorf("the webhook: %w", err)
	}
	return &Webhook{caller}, nil
}

// slackText has what Slack reads as markup written so that it is shown (documented).
var slackText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Tell sends a message for each change, in their order. The first that cannot be sent ends it.
func (w *Webhook) Tell(ctx context.Context, changes []Change) error {
	for i, change := range changes {
		body, err := json.Marshal(map[string]string{"text": slackText.Replace(change.Text)})
		if err == nil {
			err = w.post(ctx, "application/json", string(body))
		}
		if err != nil {
			return fmt.Errorf("the webhook did not take %d of %d messages, which are not sent again: %w",
				len(changes)-i, len(changes), err)
		}
	}
	return nil
}
