using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a Gateway (networking.istio.io).</summary>
internal static class GatewayDecoder
{
    public static GatewayConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var names = new HashSet<string>();
        var servers = spec["servers"].Messages(server => ReadServer(server, names));
        if (servers.IsEmpty)
        {
            spec.Problem("no servers", "give at least one");
        }

        return new GatewayConfig
        {
            Meta = meta,
            Selector = spec["selector"].TextMap().ToEquatableMap(),
            Servers = servers,
        };
    }

    private static GatewayServer ReadServer(ObjectReader server, HashSet<string> names)
    {
        var bind = server["bind"].Text() ?? "";
        var unix = bind.StartsWith("unix://", StringComparison.Ordinal);
        if (!server["port"].IsPresent)
        {
            server.Problem("a server without port", "set port.number, port.name and port.protocol");
        }

        var port = server["port"].Message(reader => ReadPort(reader, bind, unix)) ?? new GatewayPort(0, "");
        if (bind.Length > 0 && !unix && !NameRules.IsIpAddress(bind))
        {
            server["bind"].Problem($"\"{bind}\" is not a valid IP", "use an IP address or unix:///path");
        }

        var name = server["name"].Text() ?? "";
        if (name.Length > 0 && !names.Add(name))
        {
            server["name"].Problem($"server \"{name}\" is given twice", "rename one");
        }

        var tls = server["tls"].Message(ServerDecoder.ReadTls);
        CheckTls(server, port, tls);
        return new GatewayServer
        {
            Port = port,
            Hosts = Hosts(server),
            Tls = tls,
            Bind = bind,
            Name = name,
            DefaultEndpoint = server["defaultEndpoint"].Text() ?? "",
        };
    }

    private static GatewayPort ReadPort(ObjectReader reader, string bind, bool unix)
    {
        var port = ServerDecoder.ReadPort(reader, allowZero: bind.Length > 0);
        if (unix && port.Number != 0)
        {
            reader["number"].Problem("port number must be 0 for unix domain socket", "set 0");
        }
        else if (!unix && port.Number == 0 && bind.Length > 0)
        {
            reader["number"].Problem("0 is no port", "set number to 1-65535");
        }

        return port;
    }

    private static void CheckTls(ObjectReader server, GatewayPort port, ServerTlsSettings? tls)
    {
        var protocol = Protocols.Parse(port.Protocol);
        if (protocol.IsTls() && tls is null)
        {
            server.Problem($"protocol {port.Protocol} without tls", "give tls with a mode");
        }
        else if (protocol.IsTls() && tls is { HttpsRedirect: true })
        {
            server["tls"].Problem("httpsRedirect stands on plaintext HTTP servers", "put it on the server of port 80");
        }
        else if (tls is not null && !protocol.IsTls() && protocol != Protocol.Unsupported && !tls.HttpsRedirect)
        {
            server["tls"].Problem($"TLS settings have no effect on protocol {port.Protocol}", "use HTTPS or TLS, or remove tls");
        }
    }

    private static ImmutableArray<string> Hosts(ObjectReader server)
    {
        var hosts = server["hosts"].List(Host);
        if (hosts.IsEmpty)
        {
            server.Problem("a server without hosts", "name the hosts; \"*\" serves any");
        }

        return hosts;
    }

    private static string? Host(ValueReader item)
    {
        var text = item.Text();
        if (text is null)
        {
            return null;
        }

        var parts = text.Split('/');
        var host = parts[^1];
        if (parts.Length > 2 || (parts.Length == 2 && parts[0] is not ("*" or ".") && !NameRules.IsDnsLabel(parts[0])))
        {
            item.Problem($"\"{text}\" is no host", "write HOST or NAMESPACE/HOST");
        }
        else if (!NameRules.IsIpAddress(host) && !NameRules.IsWildcardDnsName(host))
        {
            item.Problem($"\"{host}\" is no domain name");
        }
        else if (host != "*" && !host.Contains('.', StringComparison.Ordinal) && !NameRules.IsIpAddress(host))
        {
            item.Problem($"short names are not allowed: \"{host}\"", "write the full host name");
        }

        return text;
    }
}
