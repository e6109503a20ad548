using Google.Protobuf;
using Google.Protobuf.Collections;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>The operations of a patch on an ordered list: filters of a chain, routes of a host.</summary>
internal static class ListEdit
{
    /// <param name="isAimed">The patch names an element; without a name, inserting goes to an end and nothing is removed or replaced.</param>
    /// <param name="isTarget">Whether an element is the one that is named.</param>
    public static void Apply<T>(RepeatedField<T> items, EnvoyPatch patch, bool isAimed, Func<T, bool> isTarget)
        where T : class, IMessage<T>, IDeepCloneable<T>
    {
        switch (patch.Operation)
        {
            case EnvoyFilterOperation.Add:
                items.Add(patch.Copy<T>());
                break;
            case EnvoyFilterOperation.InsertFirst:
                items.Insert(0, patch.Copy<T>());
                break;
            case EnvoyFilterOperation.InsertAfter:
                Insert(items, patch, isAimed ? Position(items, isTarget) + 1 : items.Count, isAimed ? 1 : 0);
                break;
            case EnvoyFilterOperation.InsertBefore:
                Insert(items, patch, isAimed ? Position(items, isTarget) : 0, 0);
                break;
            case EnvoyFilterOperation.Replace when isAimed && Position(items, isTarget) is >= 0 and var at:
                items[at] = patch.Copy<T>();
                break;
            case EnvoyFilterOperation.Remove when isAimed:
                for (var i = items.Count - 1; i >= 0; i--)
                {
                    if (isTarget(items[i]))
                    {
                        items.RemoveAt(i);
                    }
                }

                break;
        }
    }

    /// <summary>Inserts unless the element that the position comes from was not found.</summary>
    private static void Insert<T>(RepeatedField<T> items, EnvoyPatch patch, int position, int lowest)
        where T : class, IMessage<T>, IDeepCloneable<T>
    {
        if (position >= lowest)
        {
            items.Insert(position, patch.Copy<T>());
        }
    }

    private static int Position<T>(RepeatedField<T> items, Func<T, bool> isTarget)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (isTarget(items[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
