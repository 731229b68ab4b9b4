"""The paths of full_provider.py's site, in the form in which Django wants them."""
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("login/", LoginView.as_view(template_name="admin/login.html", extra_context={"app_path": "/login/"})),
    # Only for the names in the login page's template.
    path("admin/", admin.site.urls),
    path("", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
