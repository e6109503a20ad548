using Lateen.Interception.Netlink;

namespace Lateen.Interception.Probe;

/// <summary>
/// Opens sockets as another user: the owner match looks at the file-system ids that the opening thread had. Needs SETUID and SETGID where the ids differ.
/// </summary>
public static class SocketOwner
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Runs work with these ids, on this thread, and restores the former ones.</summary>
    /// <exception cref="UnauthorizedAccessException">The process may not take these ids.</exception>
    public static T As<T>(uint user, uint group, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);

        // Both calls return the former id whether they succeed or not; asking again tells.
        uint formerGroup = (uint)Libc.SetFileSystemGroup(group);
        uint formerUser = (uint)Libc.SetFileSystemUser(user);
        try
        {
            if ((uint)Libc.SetFileSystemUser(Unchanged) != user || (uint)Libc.SetFileSystemGroup(Unchanged) != group)
            {
                throw new UnauthorizedAccessException($"sockets can not be opened as user {user} and group {group}");
            }

            return work();
        }
        finally
        {
            _ = Libc.SetFileSystemUser(formerUser);
            _ = Libc.SetFileSystemGroup(formerGroup);
        }
    }
}
