using Lateen.Proxy.Compile;
using Lateen.Proxy.Routing;
using EnvoyRequirement = Envoy.Extensions.Filters.Http.JwtAuthn.V3.JwtRequirement;

namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>What a request has to bring (JwtRequirement), compiled.</summary>
internal abstract class JwtRequirement
{
    public sealed class Provider(JwtProviderConfig provider, string[] audiences) : JwtRequirement
    {
        public JwtProviderConfig Config { get; } = provider;

        public string[] Audiences { get; } = audiences;
    }

    public sealed class Any(JwtRequirement[] parts) : JwtRequirement
    {
        public JwtRequirement[] Parts { get; } = parts;
    }

    public sealed class All(JwtRequirement[] parts) : JwtRequirement
    {
        public JwtRequirement[] Parts { get; } = parts;
    }

    /// <summary>No token, or a good one.</summary>
    public sealed class OrMissing : JwtRequirement;

    /// <summary>Anything; a good token is used.</summary>
    public sealed class OrMissingOrFailed : JwtRequirement;

    /// <summary>Null for a requirement of nothing, and after a problem.</summary>
    public static JwtRequirement? Compile(
        CompileScope scope, EnvoyRequirement? requirement, IReadOnlyDictionary<string, JwtProviderConfig> providers, string path)
    {
        switch (requirement?.RequiresTypeCase)
        {
            case EnvoyRequirement.RequiresTypeOneofCase.ProviderName:
                return Find(scope, requirement.ProviderName, providers, path + ".provider_name") is { } named ? new Provider(named, named.Audiences) : null;
            case EnvoyRequirement.RequiresTypeOneofCase.ProviderAndAudiences:
                return Find(scope, requirement.ProviderAndAudiences.ProviderName, providers, path + ".provider_and_audiences") is { } other
                    ? new Provider(other, [.. requirement.ProviderAndAudiences.Audiences.Select(JwtProviderConfig.Trimmed)]) : null;
            case EnvoyRequirement.RequiresTypeOneofCase.RequiresAny:
                return new Any([.. requirement.RequiresAny.Requirements
                    .Select((r, i) => Compile(scope, r, providers, $"{path}.requires_any.requirements[{i}]")).OfType<JwtRequirement>()]);
            case EnvoyRequirement.RequiresTypeOneofCase.RequiresAll:
                return new All([.. requirement.RequiresAll.Requirements
                    .Select((r, i) => Compile(scope, r, providers, $"{path}.requires_all.requirements[{i}]")).OfType<JwtRequirement>()]);
            case EnvoyRequirement.RequiresTypeOneofCase.AllowMissing:
                return new OrMissing();
            case EnvoyRequirement.RequiresTypeOneofCase.AllowMissingOrFailed:
                return new OrMissingOrFailed();
            default:
                return null;
        }
    }

    private static JwtProviderConfig? Find(
        CompileScope scope, string name, IReadOnlyDictionary<string, JwtProviderConfig> providers, string path)
    {
        if (!providers.TryGetValue(name, out JwtProviderConfig? found))
        {
            scope.Refuse(path, $"there is no provider \"{name}\"");
        }
        return found;
    }
}

/// <summary>A requirement for the requests that a match takes; null: they are free.</summary>
internal sealed record JwtRule(RouteMatch Match, JwtRequirement? Requirement);
