"""Single faults put into the migrations on purpose: behaviour must show each of them."""
