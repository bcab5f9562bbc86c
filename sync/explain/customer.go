package explain

import (
	"context"
	"errors"

	"acsync/sync/kustomer"
)

// mostOfCustomer is how many conversations of one customer are explained, the newest.
const mostOfCustomer = 100

// People finds customers and their conversations. Who does not exist is [kustomer.ErrNotFound].
type People interface {
	Customer(ctx context.Context, id string) (kustomer.Customer, error)
	CustomerByEmail(ctx context.Context, email string) (kustomer.Customer, error)
	// CustomerConversations gives the newest first, and with the error [kustomer.ErrMore] not all.
	CustomerConversations(ctx context.Context, customerID string) ([]kustomer.Conversation, error)
}

// Customer is a customer with what is to be explained.
type Customer struct {
	kustomer.Customer
	Conversations []string // ids, the newest first
	Left          int      // older ones that are not among them
	More          bool     // and there are others, of which nobody knows how many
}

// ErrNoCustomer says that there is no such customer, as far as the API key may see.
var ErrNoCustomer = errors.New("there is no such customer")

// nobody is the error of a look-up of somebody who may not exist.
func nobody(err error) error {
	if errors.Is(err, kustomer.ErrNotFound) {
		return ErrNoCustomer
	}
	return err
}
