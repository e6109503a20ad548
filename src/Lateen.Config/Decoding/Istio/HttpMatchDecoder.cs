using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads HTTPMatchRequest.</summary>
internal static class HttpMatchDecoder
{
    public static HttpMatch Read(ObjectReader match) => new()
    {
        Name = match["name"].Text() ?? "",
        Uri = match["uri"].Message(StringMatchDecoder.Read),
        IgnoreUriCase = match["ignoreUriCase"].Boolean() ?? false,
        Scheme = match["scheme"].Message(StringMatchDecoder.Read),
        Method = match["method"].Message(StringMatchDecoder.Read),
        Authority = match["authority"].Message(StringMatchDecoder.Read),
        Headers = StringMatchDecoder.ReadMap(match["headers"], headerNames: true),
        WithoutHeaders = StringMatchDecoder.ReadMap(match["withoutHeaders"], headerNames: true),
        QueryParams = QueryParams(match["queryParams"]),
        Port = (int)(match["port"].Port() ?? 0),
        SourceLabels = match["sourceLabels"].Labels().ToEquatableMap(),
        SourceNamespace = match["sourceNamespace"].Text() ?? "",
        Gateways = match["gateways"].List(VirtualServiceDecoder.GatewayName),
        StatPrefix = match["statPrefix"].Text() ?? "",
    };

    private static EquatableMap<string, StringMatch> QueryParams(ValueReader field)
    {
        foreach (var (_, value) in field.Entries())
        {
            if (value.Node?.Member("prefix") is not null)
            {
                value.Warning("query parameters are not matched by prefix", "use exact or regex");
            }
        }

        return StringMatchDecoder.ReadMap(field, headerNames: false);
    }
}
