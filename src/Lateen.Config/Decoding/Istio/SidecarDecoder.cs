using System.Collections.Immutable;
using System.Globalization;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a Sidecar (networking.istio.io).</summary>
internal static class SidecarDecoder
{
    private static readonly ChoiceNames<CaptureMode> CaptureModes =
        Choices.Of(("IPTABLES", CaptureMode.IpTables));

    private static readonly ChoiceNames<OutboundTrafficMode> TrafficModes = Choices.Of<OutboundTrafficMode>();

    public static SidecarConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var inboundPorts = new HashSet<int>();
        var outboundPorts = new HashSet<(string, int)>();
        var config = new SidecarConfig
        {
            Meta = meta,
            WorkloadSelector = spec["workloadSelector"].Message(SelectorDecoder.ReadLabels),
            Ingress = spec["ingress"].Messages(listener => ReadIngress(listener, inboundPorts)),
            Egress = ReadEgress(spec["egress"], outboundPorts),
            OutboundTrafficPolicy = spec["outboundTrafficPolicy"].Message(ReadPolicy),
            InboundConnectionPool = spec["inboundConnectionPool"].Message(TrafficPolicyDecoder.ReadConnectionPool),
        };
        if (config is { Ingress.IsEmpty: true, Egress.IsEmpty: true, OutboundTrafficPolicy: null, InboundConnectionPool: null })
        {
            spec.Problem("an empty Sidecar", "give ingress, egress or outboundTrafficPolicy");
        }

        return config;
    }

    private static SidecarIngress ReadIngress(ObjectReader listener, HashSet<int> ports)
    {
        if (!listener["port"].IsPresent)
        {
            listener.Problem("a listener without port", "set port.number and port.name");
        }

        var port = listener["port"].Message(reader => ServerDecoder.ReadPort(reader, requireName: false)) ?? new GatewayPort(0, "");
        if (port.Number > 0 && !ports.Add(port.Number))
        {
            listener["port"].Problem($"port {port.Number} is given twice", "keep one listener for it");
        }

        var bind = listener["bind"].Text() ?? "";
        if (bind.Length > 0 && !NameRules.IsIpAddress(bind))
        {
            listener["bind"].Problem($"\"{bind}\" is no IP address");
        }

        var tls = listener["tls"].Message(ServerDecoder.ReadTls);
        CheckIngressTls(listener["tls"], tls, port);
        return new SidecarIngress
        {
            Port = port,
            Bind = bind,
            CaptureMode = listener["captureMode"].Choice(CaptureModes) ?? CaptureMode.Default,
            DefaultEndpoint = DefaultEndpoint(listener["defaultEndpoint"]),
            Tls = tls,
            ConnectionPool = listener["connectionPool"].Message(TrafficPolicyDecoder.ReadConnectionPool),
        };
    }

    private static void CheckIngressTls(ValueReader field, ServerTlsSettings? tls, GatewayPort port)
    {
        if (tls is null)
        {
            return;
        }

        if (tls.Mode is ServerTlsMode.IstioMutual or ServerTlsMode.AutoPassthrough)
        {
            field.Problem("this mode is for gateways", "use SIMPLE, MUTUAL or OPTIONAL_MUTUAL");
        }

        if (!Protocols.Parse(port.Protocol).IsTls())
        {
            field.Problem($"TLS settings have no effect on protocol {port.Protocol}", "use HTTPS or TLS");
        }

        if (tls.HttpsRedirect)
        {
            field.Problem("httpsRedirect is for gateways", "remove it");
        }

        if (!tls.SubjectAltNames.IsEmpty)
        {
            field.Problem("subjectAltNames is for gateways", "remove it");
        }
    }

    private static string DefaultEndpoint(ValueReader field)
    {
        var text = field.Text() ?? "";
        if (text.Length == 0)
        {
            return "";
        }

        if (text.StartsWith("unix://", StringComparison.Ordinal))
        {
            var path = text["unix://".Length..];
            if (path.TrimStart('/').Length == 0 || path[0] is not ('/' or '@'))
            {
                field.Problem($"\"{text}\" has no absolute path", "write unix:///path");
            }

            return text;
        }

        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        if (host is not ("127.0.0.1" or "0.0.0.0" or "[::1]" or "[::]"))
        {
            field.Problem($"\"{text}\" is not of this pod", "write 127.0.0.1:PORT, 0.0.0.0:PORT, [::1]:PORT or unix:///path");
        }
        else if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            field.Problem($"\"{text}\" has no port", "write ADDRESS:PORT");
        }

        return text;
    }

    private static ImmutableArray<SidecarEgress> ReadEgress(ValueReader field, HashSet<(string, int)> ports)
    {
        var catchAll = false;
        var listeners = field.Messages(listener =>
        {
            if (catchAll)
            {
                listener.Problem("a listener stands behind the one without port", "put the one without port last");
            }

            catchAll |= !listener["port"].IsPresent;
            return ReadListener(listener, ports);
        });
        return listeners;
    }

    private static SidecarEgress ReadListener(ObjectReader listener, HashSet<(string, int)> ports)
    {
        var bind = listener["bind"].Text() ?? "";
        var unix = bind.StartsWith("unix://", StringComparison.Ordinal);
        var capture = listener["captureMode"].Choice(CaptureModes) ?? CaptureMode.Default;
        var port = listener["port"].Message(reader => ServerDecoder.ReadPort(reader, allowZero: unix, requireName: false));
        if (unix)
        {
            if (bind["unix://".Length..] is not ['/' or '@', _, ..])
            {
                listener["bind"].Problem($"\"{bind}\" has no absolute path", "write unix:///path");
            }

            if (port is null or { Number: not 0 })
            {
                listener.Problem("a Unix socket has port number 0", "set port.number: 0");
            }

            if (capture is not (CaptureMode.Default or CaptureMode.None))
            {
                listener["captureMode"].Problem("a Unix socket can not be captured", "use NONE");
            }
        }
        else if (bind.Length > 0)
        {
            if (!NameRules.IsIpAddress(bind))
            {
                listener["bind"].Problem($"\"{bind}\" is neither an IP address nor unix:///path");
            }

            if (port is null)
            {
                listener.Problem("bind without port", "set port, or remove bind");
            }
        }
        else if (port is null && capture is not (CaptureMode.Default or CaptureMode.IpTables) && listener["captureMode"].IsPresent)
        {
            listener["captureMode"].Problem("a listener without port is captured", "use IPTABLES, or give a port");
        }

        if (port is not null && !ports.Add((unix ? bind : "", port.Number)))
        {
            listener["port"].Problem($"port {port.Number} is given twice", "keep one listener for it");
        }

        return new SidecarEgress { Port = port, Bind = bind, CaptureMode = capture, Hosts = Hosts(listener) };
    }

    private static ImmutableArray<string> Hosts(ObjectReader listener)
    {
        var hosts = listener["hosts"].List(Host);
        if (hosts.IsEmpty)
        {
            listener.Problem("a listener without hosts", "write for example ./* or istio-system/*");
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
        if (parts.Length != 2)
        {
            item.Problem($"\"{text}\" is no NAMESPACE/HOST", "write for example ./*, */reviews.default.svc.cluster.local");
            return text;
        }

        var (ns, host) = (parts[0], parts[1]);
        if (ns is not ("*" or "." or "~") && !NameRules.IsDnsLabel(ns))
        {
            item.Problem($"\"{ns}\" is no namespace", "write a name, *, . or ~");
        }

        // A partial wildcard (*a.com) would import what nobody can see at a glance.
        if (!NameRules.IsWildcardDnsName(host) || (host.Length > 1 && host[0] == '*' && host[1] != '.'))
        {
            item.Problem($"\"{host}\" is no host name", "write a name, * or *.DOMAIN");
        }

        return text;
    }

    private static OutboundTrafficPolicy ReadPolicy(ObjectReader policy)
    {
        var mode = policy["mode"].Choice(TrafficModes) ?? OutboundTrafficMode.RegistryOnly;
        var proxy = policy["egressProxy"].Message(DestinationDecoder.Read);
        if (proxy is not null && mode != OutboundTrafficMode.AllowAny)
        {
            policy["egressProxy"].Problem("an egress proxy takes unknown hosts, which REGISTRY_ONLY drops", "set mode: ALLOW_ANY");
        }

        if (proxy is { Port: null })
        {
            policy["egressProxy"].Problem("an egress proxy without port", "set port.number");
        }

        if (proxy is not null && !NameRules.IsDnsName(proxy.Host))
        {
            policy["egressProxy"].Problem($"\"{proxy.Host}\" is no DNS name");
        }

        return new OutboundTrafficPolicy(mode, proxy);
    }
}
