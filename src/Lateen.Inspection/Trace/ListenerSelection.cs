using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Trace;

/// <summary>Which listener takes a connection: the one that owns the socket, or the virtual one that stands for the original destination.</summary>
internal static class ListenerSelection
{
    private static readonly string[] AnyAddress = ["0.0.0.0", "::"];

    /// <summary>The listener and why it is this one; null where the proxy does not listen there.</summary>
    public static (JsonObject Listener, string Why)? Select(ConfigDump dump, TracedConnection connection)
    {
        IReadOnlyList<JsonObject> all = dump.Listeners();
        if (all.FirstOrDefault(l => ListenerTable.Port(l) == connection.CapturePort && l.Text("bindToPort") != "false") is not { } socket)
        {
            return null;
        }

        if (socket.Text("useOriginalDst") != "true")
        {
            return (socket, $"It owns port {connection.CapturePort}.");
        }

        string address = connection.Destination.Address.ToString();
        int port = connection.Destination.Port;
        JsonObject[] others = [.. all.Where(l => l != socket && ListenerTable.Port(l) == port)];
        return others.FirstOrDefault(l => ListenerTable.Addresses(l).Contains(address)) is { } exact
            ? (exact, $"Its address is the original destination {connection.Destination}.")
            : others.FirstOrDefault(l => ListenerTable.Addresses(l).Any(AnyAddress.Contains)) is { } wildcard
                ? (wildcard, $"No listener has the address {address}; this one takes port {port} at every address.")
                : (socket, $"No listener stands for {connection.Destination}, so the one that owns port {connection.CapturePort} keeps it.");
    }
}
