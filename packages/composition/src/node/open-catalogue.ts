/** A catalogue whose policies may also be files and packages, as one folder sees them. */
import { type Catalogue, catalogueOf, type CatalogueSettings } from '../catalogue.ts';
import { ModulesOf } from './module-loader.ts';

/** @throws CompositionError or PluginError */
export function openCatalogue(
  { cwd, ...settings }: CatalogueSettings & {
    /** Folder from which paths and packages are looked up. */ readonly cwd: string;
  },
): Promise<Catalogue> {
  return catalogueOf(settings, new ModulesOf(cwd));
}
