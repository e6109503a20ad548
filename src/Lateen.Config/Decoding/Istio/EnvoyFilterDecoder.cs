using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of an EnvoyFilter (networking.istio.io). Patches stay JSON: only the translation knows Envoy's messages.</summary>
internal static class EnvoyFilterDecoder
{
    private static readonly ChoiceNames<EnvoyFilterApplyTo> ApplyTos = Choices.Of<EnvoyFilterApplyTo>();
    private static readonly ChoiceNames<EnvoyFilterContext> Contexts = Choices.Of<EnvoyFilterContext>();
    private static readonly ChoiceNames<EnvoyFilterOperation> Operations = Choices.Of<EnvoyFilterOperation>();
    private static readonly ChoiceNames<EnvoyRouteAction> Actions = Choices.Of<EnvoyRouteAction>();

    public static EnvoyFilterConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var selector = spec["workloadSelector"].Message(SelectorDecoder.ReadLabels);
        spec.Ignore("targetRefs");
        return new EnvoyFilterConfig
        {
            Meta = meta,
            WorkloadSelector = selector,
            ConfigPatches = spec["configPatches"].Messages(ReadPatch),
            Priority = spec["priority"].Number32() ?? 0,
        };
    }

    private static EnvoyConfigPatch ReadPatch(ObjectReader entry)
    {
        var applyTo = entry["applyTo"].Choice(ApplyTos) ?? EnvoyFilterApplyTo.Invalid;
        if (applyTo == EnvoyFilterApplyTo.Invalid)
        {
            entry["applyTo"].Problem("missing applyTo", "name what the patch changes, for example HTTP_FILTER");
        }

        var patch = new Patch(EnvoyFilterOperation.Invalid, null, "");
        if (!entry["patch"].IsPresent)
        {
            entry.Problem("missing patch", "give patch.operation and patch.value");
        }

        patch = entry["patch"].Message(reader => ReadBody(reader, applyTo)) ?? patch;
        return new EnvoyConfigPatch
        {
            ApplyTo = applyTo,
            Match = entry["match"].Message(match => ReadMatch(match, applyTo)) ?? new EnvoyFilterMatch(),
            Operation = patch.Operation,
            ValueJson = patch.Json,
            FilterClass = patch.FilterClass,
        };
    }

    private static Patch ReadBody(ObjectReader patch, EnvoyFilterApplyTo applyTo)
    {
        var operation = patch["operation"].Choice(Operations) ?? EnvoyFilterOperation.Invalid;
        if (operation == EnvoyFilterOperation.Invalid)
        {
            patch["operation"].Problem("missing operation", "use for example MERGE or INSERT_BEFORE");
        }

        var value = patch["value"].Node;
        if (value is null && operation != EnvoyFilterOperation.Remove)
        {
            patch.Problem("missing patch value for non-remove operation", "give value");
        }
        else if (value is not null && operation == EnvoyFilterOperation.Remove)
        {
            patch["value"].Warning("REMOVE has no value; it is ignored", "remove it");
        }

        if (value is not null)
        {
            CheckValue(patch["value"], value);
        }

        var filterClass = patch["filterClass"].Text() ?? "";
        if (filterClass.Length > 0 && applyTo != EnvoyFilterApplyTo.HttpFilter)
        {
            patch["filterClass"].Warning("works with applyTo HTTP_FILTER only", "remove it");
        }

        return new Patch(operation, value is null ? null : JsonTree.ToJson(value)!.ToJsonString(), filterClass);
    }

    /// <summary>What is wrong in every message of Envoy: a name that is no text, and types of the v2 API, which no proxy knows any more.</summary>
    private static void CheckValue(ValueReader field, ConfigNode value)
    {
        if (value.Kind != ConfigNodeKind.Mapping)
        {
            field.Problem("the value is no object", "write the fields of Envoy's message");
            return;
        }

        if (value.Member("name") is { Kind: not (ConfigNodeKind.Text or ConfigNodeKind.Null) })
        {
            field.Problem("name is no text", "quote it");
        }

        foreach (var type in Types(value))
        {
            if (type.Contains(".v2.", StringComparison.Ordinal) || type.Contains(".v2alpha.", StringComparison.Ordinal)
                || type.Contains("envoy.api.v2", StringComparison.Ordinal))
            {
                field.Problem($"{type}: referenced type unknown", "use the v3 type");
            }
        }
    }

    private static IEnumerable<string> Types(ConfigNode node)
    {
        foreach (var member in node.Members)
        {
            if (member.Name is "@type" or "type_url")
            {
                yield return member.Value.Text;
            }

            foreach (var type in Types(member.Value))
            {
                yield return type;
            }
        }

        foreach (var item in node.Items)
        {
            foreach (var type in Types(item))
            {
                yield return type;
            }
        }
    }

    private static EnvoyFilterMatch ReadMatch(ObjectReader match, EnvoyFilterApplyTo applyTo)
    {
        match.OneOf("listener", "routeConfiguration", "cluster");
        var (allowed, word) = applyTo switch
        {
            EnvoyFilterApplyTo.Listener or EnvoyFilterApplyTo.FilterChain or EnvoyFilterApplyTo.NetworkFilter
                or EnvoyFilterApplyTo.HttpFilter or EnvoyFilterApplyTo.ListenerFilter => ("listener", "listener"),
            EnvoyFilterApplyTo.RouteConfiguration or EnvoyFilterApplyTo.VirtualHost or EnvoyFilterApplyTo.HttpRoute =>
                ("routeConfiguration", "route configuration"),
            EnvoyFilterApplyTo.Cluster => ("cluster", "cluster"),
            _ => ("", ""),
        };
        foreach (var name in new[] { "listener", "routeConfiguration", "cluster" })
        {
            if (allowed.Length > 0 && name != allowed && match[name].IsPresent)
            {
                match[name].Problem($"applyTo for {word} class objects cannot have non {word} match", $"match by {allowed}");
            }
        }

        var proxy = match["proxy"].Message(reader => new ProxyMatch(Version(reader["proxyVersion"]), reader["metadata"].TextMap().ToEquatableMap()));
        return new EnvoyFilterMatch
        {
            Context = match["context"].Choice(Contexts) ?? EnvoyFilterContext.Any,
            ProxyVersion = proxy?.Version ?? "",
            ProxyMetadata = proxy?.Metadata ?? EquatableMap<string, string>.Empty,
            Listener = match["listener"].Message(listener => ReadListener(listener, applyTo)),
            RouteConfiguration = match["routeConfiguration"].Message(ReadRoutes),
            Cluster = match["cluster"].Message(cluster => new EnvoyClusterMatch(
                (int)(cluster["portNumber"].Unsigned32() ?? 0),
                cluster["service"].Text() ?? "",
                cluster["subset"].Text() ?? "",
                cluster["name"].Text() ?? "")),
        };
    }

    private static string Version(ValueReader field)
    {
        // Go's RE2 refuses what .NET reads as possessive or lazy-of-lazy: `++`.
        var text = field.Regex() ?? "";
        if (text.Contains("++", StringComparison.Ordinal) || text.Contains("**", StringComparison.Ordinal))
        {
            field.Problem($"\"{text}\" is no RE2 regular expression: repeated repetition");
        }

        return text;
    }

    private static EnvoyListenerMatch ReadListener(ObjectReader listener, EnvoyFilterApplyTo applyTo) => new()
    {
        PortNumber = (int)(listener["portNumber"].Unsigned32() ?? 0),
        PortName = listener["portName"].Text() ?? "",
        Name = listener["name"].Text() ?? "",
        ListenerFilter = listener["listenerFilter"].Text() ?? "",
        FilterChain = listener["filterChain"].Message(chain => ReadChain(chain, applyTo)),
    };

    private static EnvoyFilterChainMatch ReadChain(ObjectReader chain, EnvoyFilterApplyTo applyTo)
    {
        string? filter = null;
        string? sub = null;
        chain["filter"].Message(reader =>
        {
            filter = reader["name"].Text() ?? "";
            reader["subFilter"].Message(inner =>
            {
                sub = inner["name"].Text() ?? "";
                if (applyTo is not (EnvoyFilterApplyTo.HttpFilter or EnvoyFilterApplyTo.Invalid))
                {
                    inner.Problem("subfilter match can be used with applyTo HTTP_FILTER only");
                }
                else if (filter is not ("envoy.filters.network.http_connection_manager" or "envoy.http_connection_manager"))
                {
                    inner.Problem("subfilter match requires filter match with envoy.filters.network.http_connection_manager");
                }
                else if (sub.Length == 0)
                {
                    inner.Problem("subfilter match has no name to match on", "give name");
                }

                return inner;
            });
            if (filter.Length == 0)
            {
                reader.Problem("filter match has no name to match on", "give name");
            }

            return reader;
        });
        return new EnvoyFilterChainMatch
        {
            Name = chain["name"].Text() ?? "",
            Sni = chain["sni"].Text() ?? "",
            TransportProtocol = chain["transportProtocol"].Text() ?? "",
            ApplicationProtocols = chain["applicationProtocols"].Text() ?? "",
            DestinationPort = (int)(chain["destinationPort"].Unsigned32() ?? 0),
            FilterName = filter,
            SubFilterName = sub,
        };
    }

    private static EnvoyRouteConfigurationMatch ReadRoutes(ObjectReader routes) => new()
    {
        PortNumber = (int)(routes["portNumber"].Unsigned32() ?? 0),
        PortName = routes["portName"].Text() ?? "",
        Gateway = routes["gateway"].Text() ?? "",
        Name = routes["name"].Text() ?? "",
        Vhost = routes["vhost"].Message(host => new EnvoyVirtualHostMatch(
            host["name"].Text() ?? "",
            host["route"].Message(route => new EnvoyRouteMatch(
                route["name"].Text() ?? "", route["action"].Choice(Actions) ?? EnvoyRouteAction.Any)))),
    };

    private sealed record Patch(EnvoyFilterOperation Operation, string? Json, string FilterClass);

    private sealed record ProxyMatch(string Version, EquatableMap<string, string> Metadata);
}
