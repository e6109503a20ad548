using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Routing;
using EnvoyValue = Envoy.Type.Matcher.V3.ValueMatcher;

namespace Lateen.Proxy.Filters.Metadata;

/// <summary>envoy.type.matcher.v3.ValueMatcher, compiled. A value that is absent matches nothing but null and "not present".</summary>
internal abstract class ValueMatcher
{
    /// <param name="value">Null where there is none.</param>
    public abstract bool Matches(Value? value);

    public static ValueMatcher? Compile(CompileScope scope, EnvoyValue matcher, string path)
    {
        switch (matcher.MatchPatternCase)
        {
            case EnvoyValue.MatchPatternOneofCase.StringMatch:
                return MatcherCompiler.String(scope, matcher.StringMatch, path + ".string_match") is { } text ? new Text(text) : null;
            case EnvoyValue.MatchPatternOneofCase.BoolMatch:
                return new Flag(matcher.BoolMatch);
            case EnvoyValue.MatchPatternOneofCase.PresentMatch:
                return new Presence(matcher.PresentMatch);
            case EnvoyValue.MatchPatternOneofCase.NullMatch:
                return new Null();
            case EnvoyValue.MatchPatternOneofCase.DoubleMatch:
                return matcher.DoubleMatch.Range is { } range ? new Number(range.Start, range.End)
                    : new Number(matcher.DoubleMatch.Exact, Math.BitIncrement(matcher.DoubleMatch.Exact));
            case EnvoyValue.MatchPatternOneofCase.ListMatch when matcher.ListMatch.OneOf is { } one:
                return Compile(scope, one, path + ".list_match.one_of") is { } member ? new OneOf(member) : null;
            default:
                scope.Refuse(path, $"{matcher.MatchPatternCase} is not supported");
                return null;
        }
    }

    private sealed class Text(StringMatcher matcher) : ValueMatcher
    {
        public override bool Matches(Value? value) =>
            value is { KindCase: Value.KindOneofCase.StringValue } && TextBytes.Matches(matcher, value.StringValue);
    }

    private sealed class Flag(bool wanted) : ValueMatcher
    {
        public override bool Matches(Value? value) => value is { KindCase: Value.KindOneofCase.BoolValue } && value.BoolValue == wanted;
    }

    private sealed class Presence(bool wanted) : ValueMatcher
    {
        public override bool Matches(Value? value) => (value is not null && value.KindCase != Value.KindOneofCase.None) == wanted;
    }

    private sealed class Null : ValueMatcher
    {
        public override bool Matches(Value? value) => value is { KindCase: Value.KindOneofCase.NullValue };
    }

    private sealed class Number(double start, double end) : ValueMatcher
    {
        public override bool Matches(Value? value) =>
            value is { KindCase: Value.KindOneofCase.NumberValue } && value.NumberValue >= start && value.NumberValue < end;
    }

    private sealed class OneOf(ValueMatcher member) : ValueMatcher
    {
        public override bool Matches(Value? value)
        {
            if (value is not { KindCase: Value.KindOneofCase.ListValue })
            {
                return false;
            }
            foreach (Value item in value.ListValue.Values)
            {
                if (member.Matches(item))
                {
                    return true;
                }
            }
            return false;
        }
    }
}
