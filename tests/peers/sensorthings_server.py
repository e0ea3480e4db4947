"""Run with the Python of the peers: django-ogc-sensorthings on SQLite. Arguments: port, file of the database."""

import sys
from uuid import UUID

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

PORT, DATABASE = sys.argv[1:]
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    DEBUG=True,
    INSTALLED_APPS=["sensorthings.versions.v1_1", "sensorthings.versions.v1_1.backends.django"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for tests",
    SENSORTHINGS_V1_1_SERVICE_URL=f"http://127.0.0.1:{PORT}/sta",
    SENSORTHINGS_V1_1_BACKEND_ADAPTER="sensorthings.versions.v1_1.backends.django.adapter.DjangoBackendAdapter",
    SENSORTHINGS_V1_1_ID_TYPE=UUID,
    SENSORTHINGS_V1_1_ID_DELIMITER="'",
    USE_TZ=True,
)
django.setup()
# The URLs can be imported only after the setup.
urlpatterns = [path("sta/", include("sensorthings.versions.v1_1.urls"))]
call_command("migrate", verbosity=0)
call_command("runserver", f"127.0.0.1:{PORT}", use_reloader=False, skip_checks=True)
