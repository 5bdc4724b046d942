{# What a client and a server have in common, in the order in which one needs the other. #}
{% for import in imports %}
{{ import }}
{% endfor %}

LOGGER = logging.getLogger(__name__)


{% include "python/wire.py" %}


{% include "python/requests.py" %}


{% include "python/outbox.py" %}


{% include "python/receive_buffer.py" %}


{% include "python/tasks.py" %}


{% include "python/connection.py" %}
