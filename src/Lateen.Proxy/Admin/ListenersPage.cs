using System.Globalization;
using System.Text;
using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Lateen.Api;
using Lateen.Proxy.Local;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Admin;

/// <summary><c>/listeners</c>, as text or as envoy.admin.v3.Listeners.</summary>
internal static class ListenersPage
{
    public static LocalResponse Answer(IReadOnlyList<ListenerView> listeners, AdminQuery query)
    {
        if (query.Get("format") == "json")
        {
            var message = new Envoy.Admin.V3.Listeners();
            message.ListenerStatuses.AddRange(listeners.Select(l => new ListenerStatus { Name = l.Name, LocalAddress = AddressOf(l.Address) }));
            return LocalResponse.Text(XdsJsonWriter.Write(message), contentType: "application/json");
        }
        var text = new StringBuilder();
        foreach (var listener in listeners)
        {
            text.Append(listener.Name).Append("::").Append(listener.Address).Append('\n');
        }
        return LocalResponse.Text(text.ToString());
    }

    /// <summary><c>ip:port</c> or <c>[ip]:port</c> as a socket address; anything else as a pipe.</summary>
    public static Address AddressOf(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && uint.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? new Address { SocketAddress = new SocketAddress { Address = text[..colon].Trim('[', ']'), PortValue = port } }
            : new Address { Pipe = new Pipe { Path = text } };
    }
}
