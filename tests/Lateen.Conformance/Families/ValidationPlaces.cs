using System.Text.Json.Nodes;
using Lateen.Config;

namespace Lateen.Conformance.Families;

/// <summary>Puts a value into an otherwise valid resource, at the place that a case names.</summary>
internal static class ValidationPlaces
{
    private const string Route = """{"route":[{"destination":{"host":"reviews"}}]}""";

    /// <summary>Writes out what the corpus abbreviates: {"$repeat": text, "count": n}.</summary>
    public static JsonNode? Expand(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject { Count: 2 } repeat when repeat["$repeat"] is not null:
                return string.Concat(Enumerable.Repeat((string)repeat["$repeat"]!, (int)repeat["count"]!));
            case JsonObject bytes when bytes["$base64"] is not null:
                return Base64(bytes);
            case JsonObject source:
                return new JsonObject(source.Select(entry => KeyValuePair.Create(entry.Key, Expand(entry.Value))));
            case JsonArray source:
                return new JsonArray([.. source.Select(Expand)]);
            default:
                return value?.DeepClone();
        }
    }

    private static JsonNode? Base64(JsonObject bytes) =>
        Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes((string)Expand(bytes["$base64"])!));

    /// <returns>What is wrong with the resource; null when there is no such place.</returns>
    public static IReadOnlyList<ConfigProblem>? Place(string validates, string at, JsonNode? value)
    {
        var colon = at.IndexOf(": ", StringComparison.Ordinal);
        var (kind, path) = colon < 0 ? ("", at) : (at[..colon], at[(colon + 2)..]);
        return (kind, path, validates) switch
        {
            (_, "spec.http[0].headers.request.add", _) => Virtual("spec.http[0].headers.request.add", new JsonObject { [(string)value!] = "x" }),
            ("VirtualService without hosts", _, _) => Delegate(value),
            ("VirtualService", _, _) => Virtual(path, value),
            ("DestinationRule", _, "localities") => Localities(value),
            ("DestinationRule", _, "LocalityLoadBalancerSetting") => Locality((JsonObject?)value),
            ("DestinationRule", _, _) => Rule(path, value),
            ("Gateway", _, _) => Gateway(path, value),
            ("Telemetry", _, _) => Resource("telemetry.istio.io/v1alpha1", "Telemetry", "{}", path, value),
            ("ServiceEntry", _, _) => Resource(
                "networking.istio.io/v1beta1", "ServiceEntry", """{"hosts":["a.example"],"ports":[{"number":80,"protocol":"http","name":"x"}]}""", path, value),
            ("MeshConfig", _, "extension provider service") => Mesh("extensionProviders[0].zipkin", new JsonObject { ["service"] = value, ["port"] = 1 }),
            ("MeshConfig", _, _) => Mesh(path, value),
            ("ProxyConfig", _, _) => Mesh($"defaultConfig.{path}", value),
            ("", _, "FQDN") => Mesh("trustDomain", value),
            ("", _, "wildcard domain") => Virtual("spec.tls[0].match[0].sniHosts[0]", value),
            ("", _, "IP address") => Resource("networking.istio.io/v1beta1", "Sidecar", """{"ingress":[{"port":{"number":80,"protocol":"HTTP"}}]}""", "spec.ingress[0].bind", value),
            ("", _, "IP or CIDR") => Resource(
                "networking.istio.io/v1beta1", "ServiceEntry", """{"hosts":["a.example"],"addresses":[""],"ports":[{"number":80,"protocol":"http","name":"x"}]}""", "spec.addresses[0]", value),
            ("", "duration", _) => Virtual("spec.http[0].timeout", value),
            ("", _, "exportTo") => ExportTo(value),
            _ => null,
        };
    }

    private static IReadOnlyList<ConfigProblem> Virtual(string path, JsonNode? value)
    {
        var spec = (JsonObject)JsonNode.Parse($$"""{"hosts":["reviews"],"http":[{{Route}}]}""")!;
        var http = (JsonObject)spec["http"]![0]!;
        if (path.StartsWith("spec.http[0].redirect", StringComparison.Ordinal) || path.StartsWith("spec.http[0].directResponse", StringComparison.Ordinal))
        {
            // An action of its own stands without a route; a missing one leaves the route.
            if (value is not null)
            {
                http.Remove("route");
            }
        }
        else if (path == "spec.http[0]")
        {
            spec["http"]![0] = value;
            value = null;
            return Checked("VirtualService", spec);
        }
        else if (path.StartsWith("spec.tcp", StringComparison.Ordinal))
        {
            spec.Remove("http");
            spec["tcp"] = new JsonArray(new JsonObject());
        }
        else if (path.EndsWith("uriRegexRewrite", StringComparison.Ordinal))
        {
            http["rewrite"] = new JsonObject();
            if (value is null)
            {
                http["rewrite"] = new JsonObject { ["authority"] = "x" };
            }
        }

        if (path.StartsWith("spec.tls", StringComparison.Ordinal))
        {
            spec["tls"] = new JsonArray(JsonNode.Parse("""{"match":[{}],"route":[{"destination":{"host":"reviews"}}]}"""));
        }

        if (path.StartsWith("spec.http[0].fault", StringComparison.Ordinal))
        {
            // A missing abort or delay is judged beside the other one.
            http["fault"] = JsonNode.Parse(
                path.Contains("abort", StringComparison.Ordinal) ? """{"delay":{"fixedDelay":"1s"}}""" : """{"abort":{"httpStatus":500}}""");
        }

        Set(spec, path["spec.".Length..], value);
        return Checked("VirtualService", spec);
    }

    private static IReadOnlyList<ConfigProblem> Delegate(JsonNode? route) =>
        Checked("VirtualService", new JsonObject { ["http"] = new JsonArray(route) });

    private static IReadOnlyList<ConfigProblem> Rule(string path, JsonNode? value)
    {
        // trafficPolicy itself may be what is judged.
        var spec = new JsonObject { ["host"] = "reviews" };
        Set(spec, path["spec.".Length..], value);
        return Checked("DestinationRule", spec);
    }

    private static IReadOnlyList<ConfigProblem> Localities(JsonNode? value)
    {
        var names = ((JsonArray)value!).Select(item => (string)item!).Distinct().ToList();
        var to = new JsonObject();
        for (var i = 0; i < names.Count; i++)
        {
            to[names[i]] = i == 0 ? 100 - names.Count + 1 : 1;
        }

        return Rule(
            "spec.trafficPolicy.loadBalancer.localityLbSetting",
            new JsonObject { ["distribute"] = new JsonArray(new JsonObject { ["from"] = "x/y/z", ["to"] = to }) });
    }

    private static IReadOnlyList<ConfigProblem> Locality(JsonObject? values)
    {
        var spec = new JsonObject { ["host"] = "reviews" };
        var balancer = new JsonObject { ["localityLbSetting"] = values?["in"]?.DeepClone(), ["simple"] = "ROUND_ROBIN" };
        spec["trafficPolicy"] = new JsonObject { ["loadBalancer"] = balancer, ["outlierDetection"] = values?["outlier"]?.DeepClone() };
        return Checked("DestinationRule", spec);
    }

    private static IReadOnlyList<ConfigProblem> Gateway(string path, JsonNode? value)
    {
        var server = (JsonObject)JsonNode.Parse("""{"hosts":["foo.bar.com"],"port":{"number":7,"name":"x","protocol":"HTTP"}}""")!;
        if (path.EndsWith(".tls", StringComparison.Ordinal))
        {
            server["port"]!["protocol"] = "HTTPS";
        }
        else if (path.EndsWith(".port", StringComparison.Ordinal) && value?["number"]?.ToJsonString() == "0")
        {
            server["bind"] = "unix:///x";
        }

        var spec = new JsonObject { ["servers"] = new JsonArray(server) };
        Set(spec, path["spec.".Length..], value);
        return Checked("Gateway", spec);
    }

    private static IReadOnlyList<ConfigProblem> ExportTo(JsonNode? value)
    {
        var values = value as JsonObject;
        var list = values?["exportTo"]?.DeepClone() ?? new JsonArray(value?.DeepClone());
        var ns = (string?)values?["namespace"] ?? "ns1";
        if ((bool?)values?["isServiceEntry"] == true)
        {
            var entry = JsonNode.Parse("""{"hosts":["a.example"],"ports":[{"number":80,"protocol":"http","name":"x"}]}""")!;
            entry["exportTo"] = list;
            return Checked("ServiceEntry", (JsonObject)entry, ns);
        }

        var rule = new JsonObject { ["host"] = "reviews", ["exportTo"] = list };
        if ((bool?)values?["isDestinationRuleWithSelector"] == true)
        {
            rule["workloadSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "x" } };
        }

        return Checked("DestinationRule", rule, ns);
    }

    private static IReadOnlyList<ConfigProblem> Resource(string apiVersion, string kind, string spec, string path, JsonNode? value)
    {
        var tree = (JsonObject)JsonNode.Parse(spec)!;
        Set(tree, path["spec.".Length..], value);
        return Checked(kind, tree, apiVersion: apiVersion);
    }

    private static IReadOnlyList<ConfigProblem> Mesh(string path, JsonNode? value)
    {
        var mesh = new JsonObject();
        Set(mesh, path, value);
        if (mesh["extensionProviders"] is JsonArray providers)
        {
            providers[0]!["name"] = "x";
        }

        return Validation.Mesh(mesh);
    }

    private static IReadOnlyList<ConfigProblem> Checked(
        string kind, JsonObject spec, string ns = "default", string apiVersion = "networking.istio.io/v1beta1") =>
        Validation.Object(new JsonObject
        {
            ["apiVersion"] = apiVersion,
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = "x", ["namespace"] = ns },
            ["spec"] = spec,
        });

    /// <summary>Sets `a[0].b` of a tree, making what is missing on the way.</summary>
    private static void Set(JsonObject root, string path, JsonNode? value)
    {
        JsonNode at = root;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        for (var i = 0; i < steps.Length; i++)
        {
            var last = i == steps.Length - 1;
            JsonNode? Next() => steps[i + 1][0] == '[' ? new JsonArray() : new JsonObject();
            if (steps[i][0] == '[')
            {
                var array = (JsonArray)at;
                var index = int.Parse(steps[i].AsSpan(1, steps[i].Length - 2), System.Globalization.CultureInfo.InvariantCulture);
                while (array.Count <= index)
                {
                    array.Add(null);
                }

                if (last || array[index] is null)
                {
                    array[index] = last ? value : Next();
                }

                if (last)
                {
                    return;
                }

                at = array[index]!;
            }
            else
            {
                var holder = (JsonObject)at;
                if (last || holder[steps[i]] is null)
                {
                    holder[steps[i]] = last ? value : Next();
                }

                if (last)
                {
                    return;
                }

                at = holder[steps[i]]!;
            }
        }
    }
}
