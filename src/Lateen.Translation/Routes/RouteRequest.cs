using System.Globalization;

namespace Lateen.Translation.Routes;

/// <summary>What the name of a sidecar's route configuration asks for.</summary>
/// <param name="Port">The port that callers use; 0 = any (a forward proxy, a socket).</param>
/// <param name="Host">The only service, where its port's protocol was detected; empty = all.</param>
/// <param name="Bind">The socket's path; empty = none.</param>
internal sealed record RouteRequest(int Port, string Host, string Bind)
{
    public static RouteRequest Parse(string name)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return new(port, "", "");
        }

        var colon = name.LastIndexOf(':');
        if (name != SidecarRoutes.HttpProxy && !name.StartsWith("unix:", StringComparison.Ordinal) && !name.StartsWith('/') && colon > 0
            && int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return new(port, name[..colon], "");
        }

        return new(0, "", name == SidecarRoutes.HttpProxy ? "" : name);
    }
}
