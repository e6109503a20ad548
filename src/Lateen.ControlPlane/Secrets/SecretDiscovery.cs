using Lateen.Model.KubernetesGateways;
using Lateen.Security;
using Lateen.Translation.Secrets;
using Lateen.Xds.Server;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Secrets;

/// <summary>SDS for credentials of gateways: who may have which secret, and what of it.</summary>
/// <remarks>A name that is refused or missing is left out: one bad reference does not break the others.</remarks>
internal sealed class SecretDiscovery(
    Func<string, string, CredentialSecret?> find, Func<SpiffeId, CancellationToken, ValueTask<bool>> mayRead, Func<ReferenceGrants> grants, ILogger logger,
    Action? unusable = null)
{
    /// <param name="caller">The proven identity; null when there is none.</param>
    public async ValueTask<IReadOnlyList<XdsResource>> GenerateAsync(
        string proxy, SpiffeId? caller, IReadOnlySet<string> names, CancellationToken cancellation)
    {
        if (caller is null)
        {
            SecretLog.NotAuthenticated(logger, proxy);
            return [];
        }

        var result = new List<XdsResource>();
        bool? allowed = null;
        foreach (var resource in names.Order(StringComparer.Ordinal))
        {
            if (SecretName.Parse(resource, caller.Namespace) is not { } name)
            {
                continue;
            }

            if (name.Namespace != caller.Namespace && !(name.IsGatewayApi && grants().AllowSecret(caller.Namespace, name.Namespace, name.BaseName)))
            {
                SecretLog.Refused(logger, proxy, resource, $"it is of namespace {name.Namespace}, the proxy of {caller.Namespace}{(name.IsGatewayApi ? ", and no ReferenceGrant there lets its Gateways use it" : "")}");
                continue;
            }

            // A Gateway and its Secret in one namespace need no further grant.
            if (!name.IsGatewayApi && !(allowed ??= await mayRead(caller, cancellation)))
            {
                SecretLog.Refused(
                    logger, proxy, resource, $"service account {caller.Namespace}/{caller.ServiceAccount} may not list secrets; give it a Role");
                continue;
            }

            var (secret, reason) = SecretResources.Build(name, find);
            if (secret is null)
            {
                unusable?.Invoke();
                SecretLog.Unusable(logger, resource, proxy, reason);
                continue;
            }

            result.Add(XdsResource.Of(resource, secret));
        }

        return result;
    }
}
