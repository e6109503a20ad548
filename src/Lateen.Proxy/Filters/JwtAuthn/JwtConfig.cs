using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Lateen.Proxy.Compile;

namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication, compiled. Immutable.</summary>
internal sealed class JwtConfig
{
    public required JwtProviderConfig[] Providers { get; init; }

    /// <summary>The first that matches counts; a request that none matches is free.</summary>
    public required JwtRule[] Rules { get; init; }

    /// <summary>By name, for routes that choose one.</summary>
    public required IReadOnlyDictionary<string, JwtRequirement?> Named { get; init; }

    public bool PassesPreflight { get; init; }

    public static JwtConfig? Compile(CompileScope scope, JwtAuthentication? filter, string path)
    {
        if (filter is null)
        {
            return null;
        }
        Dictionary<string, JwtProviderConfig> providers = new(StringComparer.Ordinal);
        foreach ((string name, JwtProvider provider) in filter.Providers)
        {
            if (JwtProviderConfig.Compile(scope, provider, $"{path}.providers[{name}]") is { } compiled)
            {
                providers[name] = compiled;
            }
        }
        if (filter.FilterStateRules is not null)
        {
            scope.Refuse(path + ".filter_state_rules", "is not supported");
        }
        Dictionary<string, JwtRequirement?> named = filter.RequirementMap.ToDictionary(
            r => r.Key, r => JwtRequirement.Compile(scope, r.Value, providers, $"{path}.requirement_map[{r.Key}]"));
        return new JwtConfig
        {
            Providers = [.. providers.Values],
            Rules = [.. filter.Rules.Select((rule, i) => Rule(scope, rule, providers, named, $"{path}.rules[{i}]")).OfType<JwtRule>()],
            Named = named,
            PassesPreflight = filter.BypassCorsPreflight,
        };
    }

    private static JwtRule? Rule(
        CompileScope scope,
        RequirementRule rule,
        Dictionary<string, JwtProviderConfig> providers,
        Dictionary<string, JwtRequirement?> named,
        string path)
    {
        JwtRequirement? requirement = null;
        if (rule.RequirementTypeCase == RequirementRule.RequirementTypeOneofCase.RequirementName)
        {
            if (!named.TryGetValue(rule.RequirementName, out requirement))
            {
                scope.Refuse(path + ".requirement_name", $"there is no requirement \"{rule.RequirementName}\" in requirement_map");
            }
        }
        else
        {
            requirement = JwtRequirement.Compile(scope, rule.Requires, providers, path + ".requires");
        }
        return RouteCompiler.Match(scope, rule.Match ?? new(), path + ".match") is { } match ? new JwtRule(match, requirement) : null;
    }
}
