using Lateen.Security;

namespace Lateen.ControlPlane.Identity;

/// <summary>Tells whose token it is.</summary>
internal interface ITokenReviewer
{
    /// <returns>The identity, or why there is none.</returns>
    Task<(SpiffeId? Identity, string Reason)> ReviewAsync(string token, CancellationToken cancellation);
}
