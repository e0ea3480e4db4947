"""The web application: Dash pages, live frames, plain forms, API, webhooks, cameras, PDF, health."""
