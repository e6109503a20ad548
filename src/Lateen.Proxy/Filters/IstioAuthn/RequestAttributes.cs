using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Filters.IstioAuthn;

/// <summary>Istio's attributes of a token's payload.</summary>
internal static class RequestAttributes
{
    public static Struct Of(Struct payload)
    {
        Struct result = new();
        string issuer = Text(payload, "iss");
        string subject = Text(payload, "sub");
        if (issuer.Length > 0 && subject.Length > 0)
        {
            result.Fields["request.auth.principal"] = Value.ForString($"{issuer}/{subject}");
        }
        if (payload.Fields.TryGetValue("aud", out Value? audience) && First(audience) is { } first)
        {
            result.Fields["request.auth.audiences"] = Value.ForString(first);
        }
        if (Text(payload, "azp") is { Length: > 0 } presenter)
        {
            result.Fields["request.auth.presenter"] = Value.ForString(presenter);
        }
        result.Fields["request.auth.claims"] = Value.ForStruct(Claims(payload));
        return result;
    }

    // Claims of text are lists: rules ask whether one of its words is the wanted one. Claims of other kinds have no text to compare.
    private static Struct Claims(Struct payload)
    {
        Struct result = new();
        foreach ((string name, Value value) in payload.Fields)
        {
            switch (value.KindCase)
            {
                case Value.KindOneofCase.StringValue:
                    result.Fields[name] = Value.ForList([.. value.StringValue.Split(' ').Select(Value.ForString)]);
                    break;
                case Value.KindOneofCase.ListValue:
                    result.Fields[name] = Value.ForList([.. value.ListValue.Values.Where(v => v.KindCase == Value.KindOneofCase.StringValue)]);
                    break;
                case Value.KindOneofCase.StructValue:
                    result.Fields[name] = Value.ForStruct(Claims(value.StructValue));
                    break;
            }
        }
        return result;
    }

    private static string? First(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue,
        Value.KindOneofCase.ListValue => value.ListValue.Values.FirstOrDefault(v => v.KindCase == Value.KindOneofCase.StringValue)?.StringValue,
        _ => null,
    };

    private static string Text(Struct payload, string name) =>
        payload.Fields.TryGetValue(name, out Value? value) && value.KindCase == Value.KindOneofCase.StringValue ? value.StringValue : "";
}
