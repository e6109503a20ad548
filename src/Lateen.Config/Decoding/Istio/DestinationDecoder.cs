using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads Destination, weighted destinations and header operations.</summary>
internal static class DestinationDecoder
{
    public static Destination Read(ObjectReader destination)
    {
        var host = destination["host"].Required("name the service");
        if (host == "*")
        {
            destination["host"].Problem("\"*\" is no destination", "name one service");
        }
        else if (!string.IsNullOrEmpty(host) && !NameRules.IsWildcardDnsName(host))
        {
            destination["host"].Problem($"\"{host}\" is no host name");
        }

        var subset = destination["subset"].Text();
        if (subset is { Length: > 0 } && !NameRules.IsDnsLabel(subset))
        {
            destination["subset"].Problem($"\"{subset}\" is no subset name", "use letters, digits and -");
        }

        int? port = null;
        destination["port"].Message(selector =>
        {
            port = (int?)selector["number"].Port();
            if (!selector["number"].IsPresent)
            {
                selector.Problem("a port without number", "set number to the service's port");
            }

            return selector;
        });
        return new Destination(host ?? "", subset ?? "", port);
    }

    public static RouteDestination ReadL4(ObjectReader route) => new(ReadRequired(route), Weight(route));

    public static HttpRouteDestination ReadHttp(ObjectReader route) =>
        new(ReadRequired(route), Weight(route), route["headers"].Message(ReadHeaderRules));

    /// <summary>Several destinations share more than nothing.</summary>
    public static void CheckWeights(ValueReader field, IEnumerable<int> weights)
    {
        var list = weights.ToList();
        if (list.Count > 1 && list.Sum(weight => (long)weight) == 0)
        {
            field.Problem("the weights of several destinations sum to 0", "give each destination its share, for example 90 and 10");
        }
    }

    public static HeaderRules ReadHeaderRules(ObjectReader headers) =>
        new(headers["request"].Message(ReadHeaderOperations), headers["response"].Message(ReadHeaderOperations));

    private static Destination ReadRequired(ObjectReader route)
    {
        if (!route["destination"].IsPresent)
        {
            route.Problem("a route without destination", "name one: destination: {host: ...}");
        }

        return route["destination"].Message(Read) ?? new Destination("");
    }

    private static int Weight(ObjectReader route) => route["weight"].Number32(0) ?? 0;

    private static HeaderOperations ReadHeaderOperations(ObjectReader operations) => new()
    {
        Set = HeaderMap(operations["set"]),
        Add = HeaderMap(operations["add"]),
        Remove = operations["remove"].List(item => item.HeaderName()),
    };

    private static EquatableMap<string, string> HeaderMap(ValueReader field)
    {
        foreach (var (name, value) in field.Entries())
        {
            value.CheckHeaderName(name);
            if (value.Node is { } text && !HeaderFormat.IsValid(text.Text))
            {
                value.Problem($"\"{text.Text}\": a % begins a variable of the proxy", "write %% for a percent sign, or %NAME% for a variable");
            }
        }

        return field.TextMap().ToEquatableMap();
    }
}
