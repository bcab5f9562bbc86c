package sandbox

// Team is a team of Kustomer. Conversations hold the ids.
type Team struct {
	ID          string
	Name        string
	DisplayName string // empty: null
	Deleted     bool
}

// Brand is a brand of Kustomer. Conversations hold the id of one; Agent Connect has brands of its own.
type Brand struct {
	ID      string
	Name    string
	Deleted bool
}

// standardTeams are the teams of every sandbox: those that conversations are assigned to, and one that is no
// more.
func standardTeams() []Team {
	return []Team{
		{ID: teams[0], Name: "care", DisplayName: "Customer Care"},
		{ID: teams[1], Name: "orders", DisplayName: "Orders and Returns"},
		{ID: teams[2], Name: "Billing"},
		{ID: "5d8bb1995886ef001aee07d6", Name: "summer", DisplayName: "Summer Help", Deleted: true},
	}
}

// standardBrands are the brands of every sandbox.
func standardBrands() []Brand {
	return []Brand{{ID: brands[0], Name: "Acme Care"}, {ID: brands[1], Name: "Acme Outdoor"}}
}
