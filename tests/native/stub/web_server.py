"""The web server that this run tests."""

from apache_server import Apache
from base_server import SERVER
from nginx_server import Nginx

IS_NGINX = SERVER == "nginx"
Server = Nginx if IS_NGINX else Apache
